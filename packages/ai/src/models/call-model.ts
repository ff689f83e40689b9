import type { LanguageModel } from 'ai'
import type { GuardSession } from '../safety/guard-session.ts'
import { fallbackPlan } from './fallback.ts'
import type { FallbackAttempt } from './fallback-plan.ts'
import { startFallback } from './fallback-run.ts'

/** What stands between the SDK and the model during one `generate` or `stream` call. */
export interface CallModel {
  /** For the SDK. The very object given where nothing needs a wrapper (AI-37, AI-49). */
  readonly model: LanguageModel
  /** The same for a model that `prepareStep` returns (AI-96). */
  readonly wrap: (model: LanguageModel) => LanguageModel
  /** Leaves the fallback's model because no answer matched the schema; false where that cannot be (AI-42). */
  readonly moveOn: (error: unknown) => boolean
  /** What the fallbacks of the call have tried so far, for `fallbackMeta`. */
  readonly attempts: readonly FallbackAttempt[]
}

/** Prepares a model for one call: a fallback stays with the model that served, and guards are put around it. */
export function createCallModel(
  model: LanguageModel,
  { guards }: { readonly guards?: GuardSession | undefined } = {},
): CallModel {
  const attempts: FallbackAttempt[] = []
  const wrapped = new WeakMap<object, LanguageModel>()
  const plan = fallbackPlan(model)
  const run = plan && startFallback(plan, attempts)

  function guard(given: LanguageModel): LanguageModel {
    return guards?.hasOutput ? guards.wrap(given) : given
  }

  function remember(given: LanguageModel, result: LanguageModel): LanguageModel {
    // `prepareStep` is handed what the SDK calls, and may hand it back.
    for (const key of [given, result]) if (typeof key === 'object') wrapped.set(key, result)
    return result
  }

  function wrap(given: LanguageModel): LanguageModel {
    const known = typeof given === 'object' ? wrapped.get(given) : undefined
    if (known !== undefined) return known
    const other = fallbackPlan(given)
    return remember(given, guard(other ? startFallback(other, attempts).model : given))
  }

  return {
    model: remember(model, guard(run?.model ?? model)),
    wrap,
    moveOn: (error) => run?.moveOn(error) ?? false,
    attempts,
  }
}
