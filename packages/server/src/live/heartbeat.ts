import { unref } from '../push/unref.ts'
import type { Connection } from './live-state.ts'
import { isWaiting } from './pump.ts'

/** One timer that looks after all connections of a handler. */
export interface Heartbeat {
  readonly start: () => void
  readonly stop: () => void
}

/** What the timer does for them. */
export interface HeartbeatOptions {
  /** No connection is silent for longer, in milliseconds; 0 turns heartbeats off. */
  readonly heartbeatMs: number
  /** How long one may take no byte while some wait, in milliseconds; 0 turns it off. */
  readonly stallMs: number
  readonly connections: ReadonlySet<Connection>
  readonly onSilent: (connection: Connection) => void
  readonly onStalled: (connection: Connection) => void
}

/** Looks so often that what is seen late is late by a quarter of the limit; heartbeats go out that much early. */
const looksPerLimit = 4

/** Makes the timer; it does not run yet, and does not keep the process alive (LIVE-15, LIVE-17). */
export function createHeartbeat({
  heartbeatMs,
  stallMs,
  connections,
  onSilent,
  onStalled,
}: HeartbeatOptions): Heartbeat {
  const lookEveryMs = Math.min(heartbeatMs || Infinity, stallMs || Infinity) / looksPerLimit
  const silentMs = heartbeatMs - heartbeatMs / looksPerLimit
  let timer: ReturnType<typeof setInterval> | undefined

  function look(): void {
    const now = performance.now()
    for (const connection of connections) {
      if (connection.output.isReady) {
        // A timer may be early by a fraction of a millisecond.
        if (heartbeatMs > 0 && now - connection.wroteAt >= silentMs - 1) onSilent(connection)
      } else if (stallMs > 0 && isWaiting(connection)) {
        if (connection.stalledAt === 0) connection.stalledAt = now
        else if (now - connection.stalledAt >= stallMs - 1) onStalled(connection)
      }
    }
  }

  return {
    start: () => {
      if (timer !== undefined || lookEveryMs === Infinity) return
      timer = setInterval(look, lookEveryMs)
      unref(timer)
    },
    stop: () => {
      clearInterval(timer)
      timer = undefined
    },
  }
}
