import type { ConstraintEntry } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import { checkInteger, misuse, shown } from '../misuse.ts'

/** The answer that a constraint judges, behind the output guards. */
export interface ConstraintAnswer<Parsed = unknown> {
  readonly text: string
  /** The validated object; `undefined` without an output schema. */
  readonly parsed: Parsed
}

/** What a constraint knows beside the answer. */
export interface ConstraintContext {
  readonly promptId?: string | undefined
  readonly modelId?: string
  /** From 1. */
  readonly attempt: number
}

/** What a check finds. `feedback` is told to the model, so that its next answer is better. */
export type ConstraintResult = { readonly pass: true } | { readonly pass: false; readonly feedback: string }

/** What `constraint()` takes. */
export interface ConstraintOptions<Parsed = unknown> {
  readonly name: string
  /** `assert`, the default, asks the model again and fails the call at last; `suggest` only reports. */
  readonly severity?: 'assert' | 'suggest' | undefined
  /** Corrective turns that a failing assert may cause, an integer >= 0. Default 2. */
  readonly maxRetries?: number | undefined
  /** What it throws fails the call. */
  readonly check: (
    answer: ConstraintAnswer<Parsed>,
    context: ConstraintContext,
  ) => ConstraintResult | Promise<ConstraintResult>
}

/** A demand on an answer that no schema can state. Made by `constraint()`. */
export interface Constraint {
  readonly name: string
  readonly severity: 'assert' | 'suggest'
  readonly maxRetries: number
  // A method, because the type of the object is that of the prompt it is used with.
  check(
    answer: ConstraintAnswer<unknown>,
    context: ConstraintContext,
  ): ConstraintResult | Promise<ConstraintResult>
}

/**
 * A demand on the whole answer, checked behind schema and output guards (AI-35). In `generate` a failing `assert` sends
 * the model one corrective turn with the feedback of every constraint that fails; in `stream` constraints only report.
 *
 * Throws `CruxAIError` code `usage` on an empty name, an unknown severity, a bad `maxRetries` or a missing `check`.
 *
 * @example
 * const short = constraint({
 *   name: 'short',
 *   check: ({ text }) => (text.length <= 280 ? { pass: true } : { pass: false, feedback: 'Use at most 280 characters.' }),
 * })
 */
export function constraint<Parsed = unknown>({
  name,
  severity = 'assert',
  maxRetries = 2,
  check,
}: ConstraintOptions<Parsed>): Constraint {
  if (typeof name !== 'string' || name === '') throw misuse('constraint', 'name must not be empty')
  if (severity !== 'assert' && severity !== 'suggest') {
    throw misuse('constraint', `severity of "${name}" must be assert or suggest, got ${shown(severity)}`)
  }
  checkInteger('constraint', 'maxRetries', maxRetries, 0)
  if (typeof check !== 'function') {
    throw misuse('constraint', `check of "${name}" must be a function, got ${shown(check)}`)
  }
  return Object.freeze({ name, severity, maxRetries, check })
}

/**
 * Asks all constraints at once about one answer; one entry each, in their order. What is no result counts as failed.
 * Rejects with what a check throws.
 */
export function checkConstraints(
  constraints: readonly Constraint[],
  answer: ConstraintAnswer,
  context: ConstraintContext,
): Promise<readonly ConstraintEntry[]> {
  return Promise.all(
    constraints.map(async (asked) => ({
      name: asked.name,
      severity: asked.severity,
      attempt: context.attempt,
      ...readResult(await asked.check(answer, context)),
    })),
  )
}

function readResult(result: unknown): Pick<ConstraintEntry, 'pass' | 'feedback'> {
  if (isRecord(result)) {
    const { pass, feedback } = result
    if (pass === true) return { pass }
    if (pass === false && typeof feedback === 'string') return { pass, feedback }
  }
  return { pass: false, feedback: 'malformed check result' }
}
