import type { LanguageModel } from 'ai'
import { errorMessage } from '../error-message.ts'
import { toModelV4 } from '../gateway/normalize-model.ts'
import type { LanguageModelV4 } from '../gateway/sdk-types.ts'
import { errorCategory } from './classify-error.ts'
import type { FallbackAttempt, FallbackPlan } from './fallback-plan.ts'
import { modelIdOf } from './language-model.ts'
import { openMember } from './open-member.ts'
import { withinLimit, type Outcome } from './within-limit.ts'

/** A fallback in use; the model that served is where its next model call starts. */
export interface FallbackRun {
  readonly model: LanguageModelV4
  /** Leaves the model that served, because of what its answers came to; false if none is left or `on` forbids it. */
  readonly moveOn: (error: unknown) => boolean
}

/** Begins to use a fallback, at its first model. The attempts of all model calls go to `log`. */
export function startFallback({ members, options }: FallbackPlan, log: FallbackAttempt[] = []): FallbackRun {
  let current = 0
  let served: { readonly entry: number; readonly attempt: number } | undefined

  function allows(error: unknown): boolean {
    if (options.shouldFallback !== undefined) return options.shouldFallback(error)
    const category = errorCategory(error)
    return category !== undefined && (options.on?.includes(category) ?? true)
  }

  async function serve<Answer>(
    callerSignal: AbortSignal | undefined,
    ask: (member: LanguageModel, signal: AbortSignal | undefined) => Promise<Outcome<Answer>>,
    drop: (unwanted: Answer) => void,
  ): Promise<Answer> {
    const errors: unknown[] = []
    for (const [place, member] of members.entries()) {
      if (place < current) continue
      callerSignal?.throwIfAborted()
      const start = performance.now()
      const { answer, failure } = await withinLimit((signal) => ask(member, signal), {
        signal: callerSignal,
        timeoutMs: options.timeoutMs,
        modelId: modelIdOf(member),
        drop,
      })
      const attempt = { model: modelIdOf(member), durationMs: performance.now() - start }
      if (failure === undefined && answer !== undefined) {
        served = { entry: log.push({ ...attempt, status: 'served' }) - 1, attempt: errors.length + 1 }
        current = place
        return answer
      }
      const error = failure?.error
      // An abort by the caller is no failure of the model.
      if (!callerSignal?.aborted) {
        log.push(failed(attempt, error))
        errors.push(error)
        const isLeft = allows(error)
        if (isLeft && answer !== undefined) drop(answer)
        options.onAttemptError?.(error, errors.length, member)
        if (isLeft) continue
      }
      // A stream that begins with its error goes out as it is: the SDK reads that error as it reads any other.
      return answer ?? Promise.reject(error)
    }
    throw new AggregateError(errors, `All ${errors.length} fallback models failed`)
  }

  const model: LanguageModelV4 = {
    specificationVersion: 'v4',
    provider: 'crux.fallback',
    modelId: members.map(modelIdOf).join('|'),
    supportedUrls: {},
    doGenerate: (call) =>
      serve(
        call.abortSignal,
        async (member, abortSignal) => {
          const { response, ...result } = await toModelV4(member).doGenerate({ ...call, abortSignal })
          const modelId = response?.modelId ?? modelIdOf(member)
          return { answer: { ...result, response: { ...response, modelId } } }
        },
        () => {},
      ),
    doStream: (call) =>
      serve(
        call.abortSignal,
        (member, abortSignal) => openMember(member, { ...call, abortSignal }),
        ({ stream }) => void stream.cancel().catch(() => {}),
      ),
  }

  function moveOn(error: unknown): boolean {
    const member = members[current]
    const entry = served && log[served.entry]
    if (member === undefined || served === undefined || entry === undefined) return false
    log[served.entry] = failed(entry, error)
    options.onAttemptError?.(error, served.attempt, member)
    served = undefined
    if (current + 1 >= members.length || !allows(error)) return false
    current += 1
    return true
  }

  return { model, moveOn }
}

function failed(
  { model, durationMs }: Pick<FallbackAttempt, 'model' | 'durationMs'>,
  error: unknown,
): FallbackAttempt {
  const category = errorCategory(error)
  return {
    model,
    durationMs,
    status: 'failed',
    error: errorMessage(error),
    ...(category !== undefined && { category }),
  }
}
