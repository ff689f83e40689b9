/** What came through one transport. */
export interface Source<T> {
  /** What it vouches for. */
  readonly held: Set<T>
  /** During a snapshot: what it vouched for before, until the snapshot is complete. */
  stale: Set<T> | undefined
}

/** Who delivered what, so that a snapshot of one transport drops only what came through it (CLI-8). */
export interface Deliveries<T> {
  /** All transports together, where they share a sink. */
  readonly whole: Source<T>
  /** What was there before any transport. A snapshot of any takes it up, and the end of one of `whole` drops it. */
  readonly past: Source<T>
  readonly fork: () => Source<T>
  readonly add: (source: Source<T>, item: T) => void
  /** A snapshot begins. Calls `forget` for what has to come again. */
  readonly reset: (source: Source<T>) => void
  /** A snapshot ended. Calls `drop` for what it lacked and no other source delivered. */
  readonly ready: (source: Source<T>) => void
}

/** See `Deliveries`. */
export function createDeliveries<T>(forget: (item: T) => void, drop: (item: T) => void): Deliveries<T> {
  const sources = new Set<Source<T>>()
  const fork = (): Source<T> => ({ held: new Set(), stale: undefined })
  const [whole, past] = [fork(), fork()]

  function expire(from: Source<T>, to: Source<T>) {
    const stale = (to.stale ??= new Set())
    for (const item of from.held) {
      stale.add(item)
      forget(item)
    }
    from.held.clear()
  }

  return {
    whole,
    past,
    fork,
    add(source, item) {
      // Known from its first item on: sources that deliver nothing must not pile up.
      if (source.held.size === 0) sources.add(source)
      source.held.add(item)
    },
    reset(source) {
      expire(source, source)
      if (past.held.size > 0) expire(past, whole)
    },
    ready(source) {
      const gone = source.stale ?? []
      source.stale = undefined
      for (const item of gone) {
        const isHeld = [whole, ...sources].some(({ held, stale }) => held.has(item) || stale?.has(item))
        if (!isHeld) drop(item)
      }
    },
  }
}
