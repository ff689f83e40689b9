import { afterwards } from '../push/afterwards.ts'

/** When to send what has come (LIVE-17a). */
export interface SendWindow {
  /** Something has come: it leaves at once after quiet, otherwise when the window ends. */
  readonly request: () => void
  readonly close: () => void
}

const minWindowMs = 4
const maxWindowMs = 50

/**
 * The kernel takes about as long for each write, however long the write is, so sending less often is what makes
 * fan-out cheap. The first change after quiet leaves at once, at the end of this turn of the event loop, so that what comes in one
 * go leaves in one go; a window then gathers what comes: 4 ms, or twice what the last round took, and never more than 50 ms.
 *
 *     request      requests …           requests …
 *        │            │ │ │                │ │
 *        round ─ window ── round ─ window ──── round ─ window ─┤ quiet
 */
export function createSendWindow(sendRound: () => void): SendWindow {
  let state: 'quiet' | 'sending' | 'gathering' | 'closed' = 'quiet'
  let isDue = false
  let timer: ReturnType<typeof setTimeout> | undefined

  function send(): void {
    if (state === 'closed') return
    state = 'gathering'
    isDue = false
    const startedAt = performance.now()
    sendRound()
    // Adapters and sockets write in what the round has caused, so it is over only after that.
    afterwards(() => {
      if (state === 'closed') return
      const tookMs = performance.now() - startedAt
      timer = setTimeout(end, Math.max(Math.min(Math.max(2 * tookMs, minWindowMs), maxWindowMs) - tookMs, 0))
    })
  }

  function end(): void {
    timer = undefined
    if (isDue) send()
    else state = 'quiet'
  }

  return {
    request: () => {
      if (state === 'gathering') isDue = true
      if (state !== 'quiet') return
      state = 'sending'
      afterwards(send)
    },
    close: () => {
      state = 'closed'
      clearTimeout(timer)
    },
  }
}
