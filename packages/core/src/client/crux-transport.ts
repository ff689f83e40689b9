import type { CruxDataPart } from '../wire/crux-data-part.ts'

/** How a client stands with its server. */
export type ConnectionStatus = 'idle' | 'connecting' | 'live' | 'reconnecting' | 'ended' | 'failed'

/**
 * Where a transport delivers. Nothing here throws, whatever it is given.
 *
 * A snapshot is `reset()`, any number of `apply(…)`, `ready()`. What came through this sink before and is not in the
 * snapshot is gone at its `ready()`; until then readers keep it, and revisions held from before do not count. After a
 * lost connection a transport that resumed leaves out `reset()`. Either way the client announces with the `ready()` what
 * came before it, so whoever can should gather and call all three in one go.
 */
export interface TransportSink {
  /** A snapshot follows: what it lacks is gone. */
  readonly reset: () => void
  /** One call is one render. */
  readonly apply: (changes: readonly CruxDataPart[]) => void
  /** Everything up to here was delivered. Makes `connecting` and `reconnecting` `live`. */
  readonly ready: () => void
  /** `error` is kept with `reconnecting` and `failed`. */
  readonly status: (status: ConnectionStatus, error?: unknown) => void
  /**
   * A sink for one of several transports that feed the same client: its snapshots drop only what came through it and
   * through no other. Its `status` goes nowhere and its `ready` says nothing to the client: both reach it through the
   * sink that was forked (CLI-8).
   */
  readonly fork: () => TransportSink
}

/**
 * A way for changes to reach a client. Constructing one fetches nothing and starts no timer (CLI-1). A client gives
 * the same sink at each `connect` and to `retry`.
 */
export interface CruxTransport {
  /** Starts delivering, from a snapshot on; gives an idempotent undo, after which nothing is delivered. */
  readonly connect: (sink: TransportSink) => () => void
  /** Tries again at once after a failure. Without it the client disconnects and connects. */
  readonly retry?: (sink: TransportSink) => void
  /** What it is, such as `sse`, `mock`, `combined`; `stream` has a meaning of its own (CLI-8). */
  readonly kind: string
}
