/** Remembers which approvals were used, so that each is decided, and lets its tool run, at most once (AI-57, AI-63). */
export interface ApprovalStore {
  /**
   * Atomically: true if this id was not there, and now is; false if it was. Shared by all processes that share a secret.
   *
   * Keep an id until `expiresAt` (epoch milliseconds) at the least, by the slowest clock among those processes: a minute
   * more costs nothing. In Redis that is `SET approval:<id> 1 NX PXAT <expiresAt + 60000>`.
   */
  readonly consume: (approvalId: string, expiresAt: number) => boolean | Promise<boolean>
}

/**
 * Remembers in this process. Only entries whose time is over are forgotten, so it holds as many as were used within one
 * `ttlMs`. `now` is the clock, in epoch milliseconds.
 */
/* @__NO_SIDE_EFFECTS__ */
export function memoryApprovalStore({ now = Date.now }: { readonly now?: () => number } = {}): {
  readonly consume: (approvalId: string, expiresAt: number) => boolean
} {
  const expiries = new Map<string, number>()
  return {
    consume: (approvalId, expiresAt) => {
      const time = now()
      for (const [id, expiry] of expiries) if (expiry <= time) expiries.delete(id)
      // Said to be used: an entry that is over is forgotten, and a second late caller would find nothing.
      if (expiresAt <= time || expiries.has(approvalId)) return false
      expiries.set(approvalId, expiresAt)
      return true
    },
  }
}
