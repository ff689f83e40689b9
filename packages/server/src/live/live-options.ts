import type { CruxRecord, CruxStore } from '@crux/core'
import type { EndReason } from './frames.ts'

/** Where something failed that `onError` hears of. */
export type LiveErrorPhase = 'authorize' | 'prefix' | 'project' | 'store' | 'connect' | 'disconnect'

/** A connection as `onConnect` and `onDisconnect` get it. */
export interface LiveConnectionInfo<Context> {
  readonly request: Request
  /** What `prefix` gave. */
  readonly scope: string
  /** What `authorize` gave. */
  readonly context: Context
  /** In `onDisconnect`: why the server ended it; missing if the client left. */
  readonly reason?: EndReason
}

/** Options of `cruxSSEHandler`. Times are in whole milliseconds. */
export interface CruxSSEHandlerOptions<Context = undefined> {
  readonly store: CruxStore
  /**
   * Runs first, before anything is read. What it gives is the context of everything below; `false` is 403; a `Response`,
   * returned or thrown, is the answer; another error is 503 (LIVE-12). Anything else, `undefined` too, lets it in.
   */
  readonly authorize?: (request: Request) => Context | Response | false | Promise<Context | Response | false>
  /**
   * The scope that is sent, relative to the store's, such as `session:42:`. Default `''`, all of the store. May be
   * chosen per request; a `Response`, returned or thrown, is the answer.
   */
  readonly prefix?:
    | string
    | ((request: Request, context: Context) => string | Response | Promise<string | Response>)
  /**
   * The value to send of a record, or `undefined` to leave it out; for what a client must not see. A throw counts as
   * `undefined`. With it each connection is encoded by itself, except for values that it gives back as they are.
   * Removed tasks are sent as `{ removedAt }` and do not come here.
   */
  readonly project?: (record: CruxRecord, context: Context) => object | undefined
  /**
   * Names what this context may see, such as its role: a client that comes back with another one starts from a
   * snapshot, and loses what it must no longer see. Default `''`.
   */
  readonly viewKey?: (context: Context) => string
  /** How long progress may wait for more progress (D8). Default 100; 0 sends each at once. */
  readonly progressWindowMs?: number
  /** No connection is silent for longer; told to clients. Default 15,000; 0 turns it off. */
  readonly heartbeatMs?: number
  /** How long clients wait before they reconnect. Default 1,000. */
  readonly retryMs?: number
  /** Most open connections, held polls included. No limit by default. */
  readonly maxConnections?: number
  /** Most of them in one scope. No limit by default. */
  readonly maxConnectionsPerScope?: number
  /** A client with as many bytes waiting is sent only the newest values when it catches up (D7). Default 1 MiB. */
  readonly maxBufferedBytes?: number
  /** A client that takes no byte for so long while some wait is ended. Default 60,000; 0 turns it off. */
  readonly stallMs?: number
  /** After so long a connection is ended, and clients come back. No limit by default. */
  readonly maxLifetimeMs?: number
  /** Added to every response, such as CORS headers; not `content-type`. */
  readonly headers?: HeadersInit
  readonly onConnect?: (info: LiveConnectionInfo<Context>) => void | Promise<void>
  readonly onDisconnect?: (info: LiveConnectionInfo<Context>) => void | Promise<void>
  /** Hears of everything that a client is not told. Default `console.error`. */
  readonly onError?: (
    error: unknown,
    info: { readonly request?: Request; readonly phase: LiveErrorPhase },
  ) => void
}
