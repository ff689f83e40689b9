const maxLeadMs = 1000

/**
 * A clock whose every reading is later than the one before, in whole milliseconds: what is created in the same
 * millisecond gets the next one. After a burst it may run ahead of `now`, by a second at most.
 */
export function creationClock(now: () => number): () => number {
  let last = -Infinity
  return () => {
    const time = now()
    last = time <= last && last < time + maxLeadMs ? last + 1 : time
    return last
  }
}
