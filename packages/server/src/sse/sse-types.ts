/** What an event may carry: text as it is, a number or boolean as its text, an object or `null` as JSON (SSE-13). */
export type SseData = string | number | boolean | object | null

/**
 * Why a stream ended: the handler was done (`complete`) or failed (`error`), the client left (`aborted`), its lifetime
 * was over (`expired`), the server closed (`shutdown`), or the reader fell too far behind (`overflow`) (SSE-3).
 */
export type SseEnd = 'complete' | 'error' | 'aborted' | 'expired' | 'shutdown' | 'overflow'

/** The stream of one client, as its handler gets it. */
export interface SseStream {
  /**
   * Sends an unnamed event. `true` once it is accepted and the reader keeps up, `false` once the stream has ended; it
   * rejects with `SseError` only for data that no event can carry (SSE-9, SSE-12).
   */
  readonly write: (data: SseData) => Promise<boolean>
  /** Sends an event with a name, an id to resume from, or a time to wait before reconnecting, in milliseconds. */
  readonly writeSSE: (frame: {
    readonly event?: string | undefined
    readonly data: SseData
    readonly id?: string | number | undefined
    readonly retry?: number | undefined
  }) => Promise<boolean>
  /** Sends a comment, which no client sees as an event. */
  readonly comment: (text?: string) => Promise<boolean>
  /**
   * Runs once when the stream ends in any other way than `complete` and `error`, at once if it has; gives its undo.
   * Clean-up that must always run hangs on `closed` (SSE-8).
   */
  readonly onAbort: (callback: () => void | Promise<void>) => () => void
  /** Ends the stream, after what was accepted. With `reconnect` clients come back (SSE-4). Idempotent. */
  readonly close: (options?: { readonly reconnect?: boolean | undefined }) => void
  /** Aborts when `onAbort` callbacks run. */
  readonly signal: AbortSignal
  /** Why the stream ended, once its last byte was handed over or dropped. Never rejects (SSE-3). */
  readonly closed: Promise<SseEnd>
  /** The id that the client resumes from; `''` if it sent none (SSE-21). */
  readonly lastEventId: string
}

/** Fills the stream of one client. What its return means: `keepOpen` (SSE-5). */
export type SseHandler = (stream: SseStream, request: Request) => void | Promise<void>

/** Where something failed that `onError` hears of. */
export type SseErrorPhase = 'handler' | 'write' | 'abort' | 'transport'

/** Options of `sse`. Times are in whole milliseconds. */
export interface SseOptions {
  /**
   * What it means that the handler has returned: `true` the stream stays open, `false` it is complete. By default a plain
   * function stays open; an async one is complete, unless it has sent no event and an `onAbort` callback waits (SSE-5).
   */
  readonly keepOpen?: boolean | undefined
  /** After so long without a byte a comment is sent. Default 15,000; 0 turns it off. */
  readonly heartbeatMs?: number | undefined
  /** How long clients wait before they reconnect; sent first of all. Theirs by default. */
  readonly retryMs?: number | undefined
  /** After so long a stream ends as `expired`, and its client comes back. No limit by default. */
  readonly maxLifetimeMs?: number | undefined
  /** Most open streams; above it clients get 503. No limit by default. */
  readonly maxConnections?: number | undefined
  /** A client that takes no byte for so long while some wait counts as gone. Default 60,000; 0 turns it off. */
  readonly stallMs?: number | undefined
  /** An awaited write waits while so many bytes do. Default 16 KiB, and at most `maxBufferedBytes`. */
  readonly highWaterMarkBytes?: number | undefined
  /** A write that finds so many bytes waiting ends the stream as `overflow`. Default 1 MiB. */
  readonly maxBufferedBytes?: number | undefined
  /** Most bytes of one event as it is sent. Default 1 MiB. */
  readonly maxEventBytes?: number | undefined
  /** Says the end of a stream that is over for good, so that clients do not come back (SSE-19). Default `true`. */
  readonly end?: boolean | undefined
  /** After a handler that failed clients come back. Default `false`. */
  readonly reconnectOnError?: boolean | undefined
  /** `?lastEventId=` stands in for a missing `Last-Event-ID`. Default `true`. */
  readonly lastEventIdParam?: boolean | undefined
  /** Added to every response, or in place of ours; not `content-type`. */
  readonly headers?: HeadersInit | undefined
  /** Hears of everything that a client is not told. Default `console.error`. */
  readonly onError?:
    | ((error: unknown, info: { readonly request: Request; readonly phase: SseErrorPhase }) => void)
    | undefined
  /** What clients are told of an error that a handler threw. Default code `internal` and fixed words (SSE-18). */
  readonly maskError?: ((error: unknown) => { readonly code: string; readonly message: string }) | undefined
  /** Its abort closes the value that `sse` gave. */
  readonly signal?: AbortSignal | undefined
  /** Is given each stream's `closed`, for runtimes that freeze once a response was returned. */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
}
