import { CruxError, type CruxErrorOptions } from '../errors/crux-error.ts'

/**
 * Why a connection is broken, as a word that programs may branch on. `http`: a status that is not 200.
 * `bad-content-type`: not an event stream, such as a login page. `network`: no answer, or a body that broke off.
 * `idle-timeout`: no byte for too long. `truncated`: the body ended without saying so, where nothing reconnects.
 * `stream-error`: the server said that it failed. `parse-failed`: the application's own parser threw (SSE-45).
 */
export type SseClientErrorCode =
  | 'http'
  | 'bad-content-type'
  | 'network'
  | 'idle-timeout'
  | 'truncated'
  | 'event-too-large'
  | 'stream-error'
  | 'parse-failed'

/** The error of a connection to an event stream. */
export class SseClientError extends CruxError<SseClientErrorCode> {
  override readonly name: string = 'SseClientError'
  /** The status of the answer, with code `http`. */
  declare readonly status?: number
  /** The code that the server gave, with code `stream-error`. */
  declare readonly serverCode?: string

  constructor(
    code: SseClientErrorCode,
    message: string,
    {
      status,
      serverCode,
      ...options
    }: CruxErrorOptions & { readonly status?: number; readonly serverCode?: string } = {},
  ) {
    super(code, message, options)
    if (status !== undefined) this.status = status
    if (serverCode !== undefined) this.serverCode = serverCode
  }
}
