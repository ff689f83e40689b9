/** Rings once, at the last moment it was set to. */
export interface Alarm {
  /** Calls `ring` in so many milliseconds, instead of what was set before; never if that is `Infinity`. */
  readonly set: (ms: number, ring: () => void) => void
  /** How long until it rings, in milliseconds. */
  readonly leftMs: () => number
}

/** A longer timer would fire at once. */
const longestTimerMs = 2 ** 31 - 1

/** An alarm that is cheap to put off: then its timer stays and is looked at when it fires. */
export function createAlarm(): Alarm {
  let timer: ReturnType<typeof setTimeout> | undefined
  let firesAt = Infinity
  let dueAt = Infinity
  let call: () => void

  function arm(ms: number) {
    clearTimeout(timer)
    firesAt = dueAt
    if (ms < Infinity) timer = setTimeout(fire, Math.min(ms, longestTimerMs))
  }

  function fire() {
    const ms = dueAt - performance.now()
    if (ms > 0) return arm(ms)
    firesAt = dueAt = Infinity
    call()
  }

  return {
    set(ms, ring) {
      call = ring
      dueAt = performance.now() + ms
      if (dueAt < firesAt || ms === Infinity) arm(ms)
    },
    leftMs: () => dueAt - performance.now(),
  }
}
