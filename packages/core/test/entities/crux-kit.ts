import {
  createCrux,
  inMemoryCruxStore,
  type Crux,
  type CruxRecord,
  type CruxStore,
  type Write,
} from '@crux/core'
import { expect } from 'vitest'

/** A clock that stands until it is told to go on; it begins at 1,000 ms. */
export interface TestClock {
  readonly now: () => number
  readonly advance: (ms: number) => void
}

/** A clock in the hands of the test. */
export function testClock(): TestClock {
  let time = 1_000
  return {
    now: () => time,
    advance: (ms) => {
      time += ms
    },
  }
}

/** A fresh store, what was committed to it, and everything bound to it with ids `id1`, `id2`, … */
export function setUp(store: CruxStore = inMemoryCruxStore()): {
  readonly store: CruxStore
  readonly crux: Crux
  readonly clock: TestClock
  readonly commits: readonly (readonly CruxRecord[])[]
} {
  const clock = testClock()
  const commits: (readonly CruxRecord[])[] = []
  store.subscribe(({ changes }) => commits.push(changes))
  let ids = 0
  const crux = createCrux({ store, now: clock.now, newId: () => `id${(ids += 1)}` })
  return { store, crux, clock, commits }
}

/** `task work/build completed`: what a commit wrote, in order. */
export function events(commit: readonly CruxRecord[] | undefined): readonly string[] {
  return (commit ?? []).map(({ entity, key, event }) => `${entity} ${key} ${event}`)
}

/** How many records were read and written through a store, and in how many calls. */
export interface StoreCounts {
  reads: number
  recordsRead: number
  commits: number
  recordsWritten: number
}

/**
 * Another handle on the same data with a queue of its own, as another process would have: what goes through it races
 * with the rest by compare-and-set alone. `before` runs before each call.
 */
export function independent(
  store: CruxStore,
  before: (call: string) => Promise<void> = async () => {},
): CruxStore {
  return {
    ...store,
    get: async (ref) => {
      await before('get')
      return store.get(ref)
    },
    getMany: async (refs) => {
      await before('getMany')
      return store.getMany(refs)
    },
    list: async (query) => {
      await before('list')
      return store.list(query)
    },
    commit: async (writes: readonly Write[]) => {
      await before('commit')
      return store.commit(writes)
    },
  }
}

/** Counts what goes through a store. */
export function counting(store: CruxStore): { readonly store: CruxStore; readonly counts: StoreCounts } {
  const counts: StoreCounts = { reads: 0, recordsRead: 0, commits: 0, recordsWritten: 0 }
  const read = (records: number) => {
    counts.reads += 1
    counts.recordsRead += records
  }
  const counted: CruxStore = {
    ...store,
    get: async (ref) => {
      read(1)
      return store.get(ref)
    },
    getMany: async (refs) => {
      read(refs.length)
      return store.getMany(refs)
    },
    list: async (query) => {
      const page = await store.list(query)
      read(page.records.length)
      return page
    },
    commit: async (writes) => {
      counts.commits += 1
      counts.recordsWritten += writes.length
      return store.commit(writes)
    },
  }
  return { store: counted, counts }
}

/** Expects a rejection with this code and gives its error back for a closer look. */
export async function refusal(
  promise: Promise<unknown>,
  code: string,
): Promise<Error & { details?: unknown }> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toMatchObject({ name: 'CruxError', code })
  return error as Error & { details?: unknown }
}
