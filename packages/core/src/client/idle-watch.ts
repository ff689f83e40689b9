/** Says when a connection has been silent for too long. */
export interface IdleWatch {
  /** A sign of life: the silence may last `limitMs` from now on, or for ever if that is 0. */
  readonly touch: (limitMs: number) => void
  readonly stop: () => void
}

/** A timer for longer than this fires at once. */
export const longestTimerMs = 2 ** 31 - 1

/** Calls `onIdle` once a limit has passed, by the clock that timers go by. One timer serves many touches, since most of them only put the end off. */
export function createIdleWatch(onIdle: () => void): IdleWatch {
  let timer: ReturnType<typeof setTimeout> | undefined
  let idleAt = Infinity
  let firesAt = Infinity

  function arm() {
    clearTimeout(timer)
    firesAt = idleAt
    timer = setTimeout(fire, Math.min(idleAt - performance.now(), longestTimerMs))
  }

  function fire() {
    firesAt = Infinity
    if (performance.now() >= idleAt) onIdle()
    else if (idleAt !== Infinity) arm()
  }

  return {
    touch(limitMs) {
      idleAt = limitMs > 0 ? performance.now() + limitMs : Infinity
      if (idleAt < firesAt) arm()
    },
    stop() {
      clearTimeout(timer)
      firesAt = Infinity
    },
  }
}
