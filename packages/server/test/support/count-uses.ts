import type { CruxStore } from '@crux/core'

/** The same store, and how many feeds and listeners of it are open. */
export function countUses(store: CruxStore) {
  let feeds = 0
  let listeners = 0
  let subscriptions = 0

  const wrap = (inner: CruxStore): CruxStore => ({
    ...inner,
    scope: (prefix) => wrap(inner.scope(prefix)),
    subscribe: (listener) => {
      listeners++
      subscriptions++
      const undo = inner.subscribe(listener)
      return () => {
        listeners--
        undo()
      }
    },
    changes: async function* (options) {
      feeds++
      try {
        yield* inner.changes(options)
      } finally {
        feeds--
      }
    },
  })

  return {
    store: wrap(store),
    open: () => ({ feeds, listeners }),
    /** How often somebody subscribed in all. */
    subscriptions: () => subscriptions,
  }
}
