import type { ChangeBatch, CruxStore } from '@crux/core'

/** What the stores here fail with; nothing of it may reach a client. */
export const secretError = new Error('postgres://user:hunter2@db.internal/crux')

/** A store whose feeds fail at once, until it is repaired. */
export function failing(store: CruxStore): { readonly store: CruxStore; readonly repair: () => void } {
  let isBroken = true
  return {
    store: withFeeds(store, (inner, options) =>
      isBroken ? feedOf(() => Promise.reject(secretError)) : inner.changes(options),
    ),
    repair: () => {
      isBroken = false
    },
  }
}

/** A store that never answers. */
export function stuck(store: CruxStore): CruxStore {
  return withFeeds(store, (_inner, { signal }) =>
    feedOf(
      () =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve({ done: true, value: undefined }))
        }),
    ),
  )
}

/** A store whose feeds break after so many batches. */
export function breakingAfter(store: CruxStore, batches: number): CruxStore {
  return withFeeds(store, async function* (inner, options) {
    let left = batches
    for await (const batch of inner.changes(options)) {
      if (left-- === 0) throw secretError
      yield batch
    }
  })
}

/** The same store with other feeds, in all its scopes. */
export function withFeeds(
  store: CruxStore,
  changes: (inner: CruxStore, options: Parameters<CruxStore['changes']>[0]) => AsyncIterable<ChangeBatch>,
): CruxStore {
  return {
    ...store,
    scope: (prefix) => withFeeds(store.scope(prefix), changes),
    changes: (options) => changes(store, options),
  }
}

function feedOf(next: () => Promise<IteratorResult<ChangeBatch>>): AsyncIterable<ChangeBatch> {
  return { [Symbol.asyncIterator]: () => ({ next }) }
}
