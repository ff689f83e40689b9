import type { LanguageModel } from 'ai'
import type { LanguageModelV4 } from '../gateway/sdk-types.ts'
import { isRecord } from '../is-record.ts'
import { checkInteger, misuse, shown } from '../misuse.ts'
import { isCascade } from './cascade.ts'
import { errorCategories } from './classify-error.ts'
import type { FallbackOptions, FallbackPlan } from './fallback-plan.ts'
import { startFallback } from './fallback-run.ts'
import { isLanguageModel } from './language-model.ts'
import { isRouter } from './router.ts'

const longestTimer = 2_147_483_647

const plans = new WeakMap<object, FallbackPlan>()

/**
 * A model made of several, tried in order until one answers (AI-38 to AI-40). It is an ordinary language model, so it
 * works in `generateText`, `streamText` and agents of the AI SDK too.
 *
 * The models are tried for every single model call, each once and without waiting in between, so that a second step
 * which fails never repeats a tool. Inside one `generate` or `stream` the model that served stays; used elsewhere, each
 * model call starts at the first. A stream belongs to a model from its first content on. A fallback as a member stands
 * for its members.
 *
 * Throws `CruxAIError` code `usage` on fewer than two models, on a router or cascade among them, and on bad options.
 * When all have failed, the call rejects with an `AggregateError` of their errors, in order.
 *
 * @example
 * const model = fallback(openai('gpt-5'), anthropic('claude-opus-4-5'), {
 *   timeoutMs: 20_000,
 *   onAttemptError: (error, attempt, failed) => log.warn({ error, attempt, failed }),
 * })
 */
export function fallback(
  first: LanguageModel,
  second: LanguageModel,
  ...more: readonly LanguageModel[] | readonly [...LanguageModel[], FallbackOptions]
): LanguageModelV4
export function fallback(...given: readonly unknown[]): LanguageModelV4 {
  const last = given.at(-1)
  const options = isOptions(last) ? last : {}
  const models = (isOptions(last) ? given.slice(0, -1) : given).map(checkMember)
  if (models.length < 2) throw misuse('fallback', `needs at least 2 models, got ${models.length}`)
  checkOptions(options)
  const members = models.flatMap((model) => fallbackPlan(model)?.members ?? [model])
  const plan: FallbackPlan = Object.freeze({ members: Object.freeze(members), options: { ...options } })
  const model = Object.freeze<LanguageModelV4>({
    ...startFallback(plan).model,
    // Outside of a call of this package nothing tells where a call ends: each model call starts at the first model.
    doGenerate: (call) => startFallback(plan).model.doGenerate(call),
    doStream: (call) => startFallback(plan).model.doStream(call),
  })
  plans.set(model, plan)
  return model
}

/** What `fallback()` was given, its members flattened; `undefined` for any other model. */
export function fallbackPlan(model: unknown): FallbackPlan | undefined {
  return isRecord(model) ? plans.get(model) : undefined
}

function isOptions(value: unknown): value is FallbackOptions {
  if (!isRecord(value) || Array.isArray(value)) return false
  return !('specificationVersion' in value) && !isRouter(value) && !isCascade(value)
}

function checkMember(model: unknown, index: number): LanguageModel {
  if (isLanguageModel(model)) return model
  const place = `model ${index + 1}`
  if (isCascade(model)) throw misuse('fallback', `${place} is a cascade(); put the fallback inside a tier`)
  if (isRouter(model)) throw misuse('fallback', `${place} is a router(); put the fallback inside a route`)
  throw misuse('fallback', `${place} must be a LanguageModel, got ${shown(model)}`)
}

function checkOptions({ on, shouldFallback, timeoutMs, onAttemptError }: FallbackOptions): void {
  checkInteger('fallback', 'timeoutMs', timeoutMs, 1, longestTimer)
  if (on !== undefined && !Array.isArray(on)) {
    throw misuse('fallback', `on must be a list of categories, got ${shown(on)}`)
  }
  const unknown = on?.find((category) => !errorCategories.includes(category))
  if (unknown !== undefined) {
    throw misuse('fallback', `on names unknown category "${unknown}"; known: ${errorCategories.join(', ')}`)
  }
  for (const [name, callback] of Object.entries({ shouldFallback, onAttemptError })) {
    if (callback === undefined || typeof callback === 'function') continue
    throw misuse('fallback', `${name} must be a function, got ${shown(callback)}`)
  }
}
