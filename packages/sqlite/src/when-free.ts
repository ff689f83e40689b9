/** SQLITE_BUSY and SQLITE_LOCKED: the low byte of the result code. */
const lockedCodes: ReadonlySet<number> = new Set([5, 6])

/**
 * Runs `job`, and again while another connection holds a lock that it needs, up to `busyMs` after the call; then, and
 * for any other error, rejects with what it threw. It waits without blocking, which SQLite's own waiting would do.
 */
export async function whenFree<T>(busyMs: number, job: () => T): Promise<T> {
  const giveUpAt = performance.now() + busyMs
  for (;;) {
    try {
      return job()
    } catch (error) {
      if (!isLocked(error) || performance.now() >= giveUpAt) throw error
    }
    // Random, so that processes that wait for one another do not come back together.
    const waitMs = 1 + Math.random() * 20
    await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}

/** True for an error by which SQLite says that another connection holds a lock. */
export function isLocked(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return false
  return typeof error.errcode === 'number' && lockedCodes.has(error.errcode & 0xff)
}
