import { useSyncExternalStore } from 'react'

const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

/** The time in ms, to the second, while `isTicking`; `undefined` on the server, whose clock is not the browser's. */
export function useNow(isTicking: boolean): number | undefined {
  return useSyncExternalStore(isTicking ? subscribe : never, wholeSecond, unknownTime)
}

// One timer for all that tick, so that their figures change together.
function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    for (const notify of listeners) notify()
  }, 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

const never = () => () => {}
const wholeSecond = () => Math.floor(Date.now() / 1000) * 1000
const unknownTime = () => undefined
