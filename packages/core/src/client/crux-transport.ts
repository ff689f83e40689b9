import type { CruxDataPart } from '../wire/crux-data-part.ts'

/** How a client stands with its server. */
export type ConnectionStatus = 'idle' | 'connecting' | 'live' | 'reconnecting' | 'ended' | 'failed'

/**
 * Where a transport delivers. Nothing here throws, whatever it is given.
 *
 * A snapshot is `reset()`, any number of `apply(…)`, `ready()`. What the snapshot lacks is gone at its `ready()`; until
 * then readers keep what they have, and revisions held before count no longer. Between a lost connection and `ready()`
 * a transport leaves out `reset()` if it resumed. `ready()` makes `connecting` and `reconnecting` `live`.
 */
export interface TransportSink {
  /** A snapshot follows: what it lacks is gone. */
  readonly reset: () => void
  /** One call is one render. */
  readonly apply: (changes: readonly CruxDataPart[]) => void
  /** Everything up to here was delivered. */
  readonly ready: () => void
  readonly status: (status: ConnectionStatus, error?: unknown) => void
  /**
   * A sink for one of several transports that feed the same client: its `reset` forgets only what came through it, its
   * `ready` ends only its own snapshot, and its `status` goes nowhere. Readiness and status reach the client through
   * the sink it was forked from (CLI-8).
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
