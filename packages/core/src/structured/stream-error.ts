import { CruxError, type CruxErrorOptions } from '../errors/crux-error.ts'

/**
 * What went wrong with a turn, as a word that programs may branch on. `http`: a status that is no success, in `status`.
 * `bad-content-type`: an answer that is no event stream. `network`: no answer, or a body that broke off. `no-body`: there
 * was nothing to read. `truncated`: the end was not said. `source-failed`: a local source threw. Any other is the code of
 * an `error` chunk, `error` if it has none.
 */
export type StreamErrorCode =
  | 'network'
  | 'http'
  | 'bad-content-type'
  | 'no-body'
  | 'truncated'
  | 'event-too-large'
  | 'idle-timeout'
  | 'source-failed'
  // Keeps the names above in what an editor offers.
  | (string & {})

/** The error of a turn that is read (STR-38 to STR-43). */
export class StreamError extends CruxError<StreamErrorCode> {
  override readonly name: string = 'StreamError'
  /** The status of the answer, with code `http`. */
  declare readonly status?: number

  constructor(
    code: StreamErrorCode,
    message: string,
    { status, ...options }: CruxErrorOptions & { readonly status?: number } = {},
  ) {
    super(code, message, options)
    if (status !== undefined) this.status = status
  }

  /** True for a `StreamError` of any copy of this package; with `code`, only for that code. */
  static override is<Code extends string = StreamErrorCode>(
    error: unknown,
    code?: Code,
  ): error is StreamError & CruxError<Code> {
    return CruxError.is(error, code) && error.name === 'StreamError'
  }
}
