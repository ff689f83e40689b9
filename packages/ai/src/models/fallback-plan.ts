import type { LanguageModel } from 'ai'
import type { ErrorCategory } from './classify-error.ts'

/** When a fallback goes on to its next model. */
export interface FallbackOptions {
  /** Failures that do. Default: all of them. Any other failure ends the call at once. */
  readonly on?: readonly ErrorCategory[] | undefined
  /** Decides in place of `on`. Never asked about an abort by the caller. */
  readonly shouldFallback?: ((error: unknown) => boolean) | undefined
  /**
   * Milliseconds that one model may take, in a stream to its first content; 1 to 2147483647. The model is left then,
   * even if it ignores its signal, with a `TimeoutError`. Default: no limit.
   */
  readonly timeoutMs?: number | undefined
  /** Told of every failed attempt; `attempt` counts from 1 in each model call. What it throws ends the call. */
  readonly onAttemptError?: ((error: unknown, attempt: number, model: LanguageModel) => void) | undefined
}

/** A fallback's models, in order, and its options. */
export interface FallbackPlan {
  readonly members: readonly LanguageModel[]
  readonly options: FallbackOptions
}

/** One try of one model. */
export interface FallbackAttempt {
  /** Id of the model. */
  readonly model: string
  readonly status: 'failed' | 'served'
  /** Until it answered, in a stream until its first content, or failed. */
  readonly durationMs: number
  /** Message of what went wrong. */
  readonly error?: string
  readonly category?: ErrorCategory
}

/** What a fallback did during a call, for `_meta.fallback`; there only when an attempt failed (AI-41). */
export interface FallbackMeta {
  /** Attempts over all model calls. */
  readonly attempts: number
  /** Ids of the models that failed at least once, in the order they first did. */
  readonly failedModels: readonly string[]
  /** Every attempt, in order. */
  readonly details: readonly FallbackAttempt[]
}

/** The meta of these attempts; `undefined` if none of them failed. */
export function fallbackMeta(attempts: readonly FallbackAttempt[]): FallbackMeta | undefined {
  const failed = attempts.filter(({ status }) => status === 'failed')
  if (failed.length === 0) return undefined
  const failedModels = [...new Set(failed.map(({ model }) => model))]
  return { attempts: attempts.length, failedModels, details: [...attempts] }
}
