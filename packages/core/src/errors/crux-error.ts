/** What went wrong, as a word that programs may branch on. */
export type CruxErrorCode =
  | 'no-store'
  | 'invalid-id'
  | 'invalid-value'
  | 'too-large'
  | 'not-found'
  | 'already-exists'
  | 'conflict'
  | 'invalid-transition'
  | 'discarded'
  | 'removed'
  | 'cycle'
  | 'out-of-scope'
  | 'closed'
  | 'store-full'
  | 'store-unavailable'

/** What a `CruxError` carries beside its code and message. */
export interface CruxErrorOptions {
  /** Facts a program can use, such as `{ from, to }` of a refused transition. Never shown to a client. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
  readonly cause?: unknown
}

// A registered symbol and not `instanceof`: two copies of this package in one process must know each other's errors.
const brand = Symbol.for('crux.error')

/**
 * The one error class of Crux. `code` is for programs; `message` is for people and says which entity, what was
 * expected, what was found and what to do next.
 *
 * @example
 * try {
 *   await list.completeTask('build')
 * } catch (error) {
 *   if (CruxError.is(error, 'invalid-transition')) return
 *   throw error
 * }
 */
export class CruxError<Code extends string = CruxErrorCode> extends Error {
  override readonly name: string = 'CruxError'
  readonly code: Code
  readonly details?: Readonly<Record<string, unknown>>

  constructor(code: Code, message: string, { details, cause }: CruxErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    if (details !== undefined) this.details = details
    Object.defineProperty(this, brand, { value: true })
  }

  /** True for a `CruxError` of any copy of this package; with `code`, only for that code. */
  static is<Code extends string = CruxErrorCode>(error: unknown, code?: Code): error is CruxError<Code> {
    return (
      typeof error === 'object' &&
      error !== null &&
      brand in error &&
      (code === undefined || ('code' in error && error.code === code))
    )
  }
}
