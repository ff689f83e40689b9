/** How long to wait before trying again. */
export interface BackoffOptions {
  /** Ceiling of the first wait, in milliseconds. It doubles with each attempt. */
  readonly baseMs: number
  /** No ceiling is above this, in milliseconds. */
  readonly maxMs: number
}

/**
 * Full jitter: a uniform wait in `[0, min(maxMs, baseMs * 2^attempt)]` milliseconds, so that many callers that failed
 * together do not come back together. `attempt` counts from 0; `random` gives a number in `[0, 1)`.
 */
export function fullJitterMs(
  attempt: number,
  { baseMs, maxMs }: BackoffOptions,
  random: () => number,
): number {
  return random() * Math.min(maxMs, baseMs * 2 ** attempt)
}
