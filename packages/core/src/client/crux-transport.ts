import type { CruxDataPart } from '../wire/crux-data-part.ts'

/** How a client stands with its server. */
export type ConnectionStatus = 'idle' | 'connecting' | 'live' | 'reconnecting' | 'ended' | 'failed'

/** Where a transport delivers. */
export interface TransportSink {
  /** A snapshot follows: what it lacks is gone. */
  readonly reset: () => void
  /** One call is one render. */
  readonly apply: (changes: readonly CruxDataPart[]) => void
  /** Everything up to here was delivered. */
  readonly ready: () => void
  readonly status: (status: ConnectionStatus, error?: unknown) => void
  /** A sink whose `reset` forgets only what came through it (CLI-8). */
  readonly fork: () => TransportSink
}

/** A way for changes to reach a client. Constructing one fetches nothing and starts no timer (CLI-1). */
export interface CruxTransport {
  /** Starts delivering; gives an idempotent undo. */
  readonly connect: (sink: TransportSink) => () => void
  /** Tries again at once after a failure. Without it the client disconnects and connects. */
  readonly retry?: (sink: TransportSink) => void
  /** What it is, such as `sse`, `mock`, `combined`; `stream` has a meaning of its own (CLI-8). */
  readonly kind: string
}
