/** Learns from the comments of a connection how long its server may be silent (SSE-41). */
export interface Heartbeats {
  /** A connection opened. */
  readonly restart: () => void
  /** A comment came. */
  readonly beat: () => void
  /** The longest silence to allow, in milliseconds; 0, which is none, until two comments were a second apart. */
  readonly limitMs: () => number
}

/** A greeting teaches nothing, and a slow heartbeat is followed; a server without heartbeats is never cut. */
export function followHeartbeats(): Heartbeats {
  let lastAt = -Infinity
  let shortestMs = Infinity
  return {
    restart() {
      lastAt = -Infinity
      shortestMs = Infinity
    },
    beat() {
      const now = performance.now()
      const distanceMs = now - lastAt
      if (distanceMs >= 1_000) shortestMs = Math.min(shortestMs, distanceMs)
      lastAt = now
    },
    limitMs: () => (shortestMs === Infinity ? 0 : Math.max(2.5 * shortestMs, 37_500)),
  }
}
