import { CruxError, type CruxErrorOptions } from '../errors/crux-error.ts'

/**
 * What was wrong with an event or a stream, as a word that programs may branch on. `invalid-*`, `reserved` and
 * `event-too-large` are refused writes (or, for the last, a refused read), `write-after-return` is a write after the
 * handler was taken as complete, `overflow` is a reader that fell too far behind (SSE-6, SSE-11, SSE-12).
 */
export type SseErrorCode =
  | 'invalid-event'
  | 'invalid-id'
  | 'invalid-retry'
  | 'invalid-data'
  | 'reserved'
  | 'event-too-large'
  | 'write-after-return'
  | 'overflow'

/** The error of Server-Sent Events: what the encoder refuses, the parser gives up on and a stream reports. */
export class SseError extends CruxError<SseErrorCode> {
  override readonly name: string = 'SseError'

  constructor(code: SseErrorCode, message: string, options?: CruxErrorOptions) {
    super(code, message, options)
  }
}
