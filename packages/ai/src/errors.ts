import { CruxError } from '@crux/core/errors'
import { errorCode, type CruxAIErrorCode } from './error-code.ts'
import { errorMessage } from './error-message.ts'

/**
 * Misuse of this package (code `usage`), or any error seen through `CruxAIError.classify`.
 *
 * @example
 * try {
 *   await generate(summary, { model, input })
 * } catch (error) {
 *   if (CruxAIError.classify(error).code === 'timeout') return 'Please try again.'
 *   throw error
 * }
 */
export class CruxAIError extends CruxError<CruxAIErrorCode> {
  override readonly name = 'CruxAIError'

  /**
   * The kind of failure that a thrown value is (AI-69). A retry wrapper counts as its last error, an `AggregateError`
   * whose members agree as one of them. What is classified already comes back as it is; `cause` is the value given.
   */
  static classify(error: unknown): CruxAIError {
    if (error instanceof CruxAIError) return error
    return new CruxAIError(errorCode(error), errorMessage(error), { cause: error })
  }
}

/** One thing that is wrong with an answer. `path` is `''` for the answer as a whole. */
export interface OutputIssue {
  readonly path: string
  readonly message: string
}

/** No answer matched the output schema, and no retry is left (AI-34). Prints paths and counts, never the answer. */
export class ValidationExhaustedError extends CruxError<'validation-exhausted'> {
  override readonly name = 'ValidationExhaustedError'
  /** Answers that were judged. */
  readonly attempts: number
  /** Answers that would have been judged at most. */
  readonly maxAttempts: number
  readonly promptId: string | undefined
  /** What was wrong with the last answer. Not enumerable: a schema library may quote the answer. */
  declare readonly issues: readonly OutputIssue[]
  /** The last answer as text. Not enumerable, so that logging the error does not log it. */
  declare readonly lastRawOutput: string

  constructor(
    message: string,
    facts: Pick<
      ValidationExhaustedError,
      'attempts' | 'maxAttempts' | 'promptId' | 'issues' | 'lastRawOutput'
    >,
  ) {
    super('validation-exhausted', message)
    this.attempts = facts.attempts
    this.maxAttempts = facts.maxAttempts
    this.promptId = facts.promptId
    hide(this, { issues: facts.issues, lastRawOutput: facts.lastRawOutput })
  }
}

/** One look at one constraint. */
export interface ConstraintEntry {
  readonly name: string
  readonly severity: 'assert' | 'suggest'
  /** From 1. */
  readonly attempt: number
  readonly pass: boolean
  readonly feedback?: string
}

/** A constraint with severity `assert` still fails, and no retry is left (AI-35). */
export class ConstraintViolationError extends CruxError<'constraint-violated'> {
  override readonly name = 'ConstraintViolationError'
  /** Names of the constraints that fail. */
  readonly failed: readonly string[]
  /** Every look at every constraint. */
  readonly audit: readonly ConstraintEntry[]
  readonly totalAttempts: number
  /** The text of the last answer. Not enumerable, so that logging the error does not log it. */
  declare readonly lastOutput: string

  constructor(
    message: string,
    facts: Pick<ConstraintViolationError, 'failed' | 'audit' | 'totalAttempts' | 'lastOutput'>,
  ) {
    super('constraint-violated', message)
    this.failed = facts.failed
    this.audit = facts.audit
    this.totalAttempts = facts.totalAttempts
    hide(this, { lastOutput: facts.lastOutput })
  }
}

/** A guardrail has refused a text: before the model was asked, or what it answered (AI-46, AI-47). */
export class GuardrailBlockedError extends CruxError<'guardrail-blocked'> {
  override readonly name = 'GuardrailBlockedError'
  readonly phase: 'input' | 'output'
  /** Name of the guardrail. */
  readonly guardrail: string
  readonly reason: string

  constructor(facts: Pick<GuardrailBlockedError, 'phase' | 'guardrail' | 'reason'>) {
    super('guardrail-blocked', `Guardrail "${facts.guardrail}" blocked the ${facts.phase}: ${facts.reason}`)
    this.phase = facts.phase
    this.guardrail = facts.guardrail
    this.reason = facts.reason
  }
}

/** What became of one tier of a cascade. */
export interface CascadeTierReport {
  /** Id of the model; `router` for a tier that was skipped before its router was asked. */
  readonly model: string
  readonly status: 'accepted' | 'rejected' | 'skipped'
  readonly durationMs?: number
  readonly cost?: number
}

/** Every tier of a cascade was rejected (AI-44). */
export class CascadeExhaustedError extends CruxError<'cascade-exhausted'> {
  override readonly name = 'CascadeExhaustedError'
  readonly tiers: readonly CascadeTierReport[]
  /** What the last tier gave. Not enumerable, so that logging the error does not log it. */
  declare readonly lastResult: unknown

  constructor(facts: Pick<CascadeExhaustedError, 'tiers' | 'lastResult'>) {
    super('cascade-exhausted', `All ${facts.tiers.length} tiers of the cascade were rejected`)
    this.tiers = facts.tiers
    hide(this, { lastResult: facts.lastResult })
  }
}

/** A vector has not the length that the embedding was declared with (AI-72). */
export class EmbeddingDimensionError extends CruxError<'embedding-dimension'> {
  override readonly name = 'EmbeddingDimensionError'
  /** Name of the embedding. */
  readonly embedding: string
  /** Index of the text in the list given. */
  readonly index: number
  readonly expected: number
  readonly actual: number

  constructor(facts: Pick<EmbeddingDimensionError, 'embedding' | 'index' | 'expected' | 'actual'>) {
    super(
      'embedding-dimension',
      `Embedding "${facts.embedding}" gave ${facts.actual} dimensions for text ${facts.index}, not ${facts.expected}: set dimensions to what the model gives, or ask it for fewer through providerOptions`,
    )
    this.embedding = facts.embedding
    this.index = facts.index
    this.expected = facts.expected
    this.actual = facts.actual
  }
}

function hide(error: Error, fields: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(fields)) Object.defineProperty(error, name, { value })
}
