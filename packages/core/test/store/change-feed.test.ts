import { getEventListeners } from 'node:events'
import {
  createCruxStore,
  CruxError,
  inMemoryCruxStore,
  type ChangeBatch,
  type CruxStore,
  type StoreDriver,
} from '@crux/core'
import { driverFaults, faultyDriver } from '@crux/core/testing'
import { expect, test } from 'vitest'
import { createInMemoryDriver } from '../../src/store/in-memory-driver.ts'
import { listWrite, planWrite, rewrite, taskWrites } from '../../src/testing/store-contract/example-writes.ts'
import { recordFeed, stateOf, storeState } from '../../src/testing/store-contract/record-feed.ts'
import { eventually } from '../../../../test/eventually.ts'

const patienceMs = 3_000

const isClosed = (error: unknown) => CruxError.is(error) && error.code === 'closed'

function open(base: StoreDriver = createInMemoryDriver()) {
  const faulty = faultyDriver(base)
  const store = createCruxStore(faulty.driver, { pollIntervalMs: 10 })
  return { faulty, store, other: createCruxStore(base) }
}

test('STO-3 a feed whose first read fails throws store-unavailable', async () => {
  for (const method of ['head', 'scan'] as const) {
    const { faulty, store } = open()
    faulty.always(method, driverFaults.fail)
    const feed = recordFeed(store, { patienceMs })
    await expect(feed.until(() => expect(feed.readyCount()).toBe(1))).rejects.toThrow('')
    await expect(feed.stop()).rejects.toMatchObject({ code: 'store-unavailable' })
  }
})

test('STO-3 a feed that was ready waits for a store that is away, and loses nothing', async () => {
  const { faulty, store, other } = open()
  const feed = recordFeed(store, { patienceMs })
  await feed.until(() => expect(feed.readyCount()).toBe(1))
  const repairs = (['head', 'since', 'scan'] as const).map((method) =>
    faulty.always(method, driverFaults.fail),
  )
  const reads = faulty.calls('since')
  await other.commit([planWrite('a:p')])
  await eventually(() => expect(faulty.calls('since')).toBeGreaterThan(reads + 1))
  expect(feed.changes()).toEqual([])
  for (const repair of repairs) repair()
  await feed.until(() => expect(feed.changes().map(({ key }) => key)).toEqual(['a:p']))
  expect(feed.readyCount()).toBe(1)
  await feed.stop()
  await store.close()
})

test('STO-3 abort ends a feed at once, even while the store is silent', async () => {
  for (const method of ['head', 'scan'] as const) {
    const { faulty, store } = open()
    faulty.always(method, driverFaults.ignore)
    const feed = recordFeed(store, { patienceMs })
    await eventually(() => expect(faulty.calls(method)).toBeGreaterThan(0))
    const startedAt = performance.now()
    await feed.stop()
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  }
})

test('STO-3 a feed that was aborted before it began gives nothing', async () => {
  const store = inMemoryCruxStore()
  const signal = AbortSignal.abort()
  const batches: ChangeBatch[] = []
  for await (const batch of store.changes({ signal })) batches.push(batch)
  expect(batches).toEqual([])
})

test('STO-3 a reader may leave while it waits', async () => {
  const store = inMemoryCruxStore()
  const feed = store.changes({ signal: new AbortController().signal })[Symbol.asyncIterator]()
  expect((await feed.next()).value).toMatchObject({ reset: true })
  expect((await feed.next()).value).toMatchObject({ ready: true })
  const waiting = feed.next()
  expect(await feed.return?.()).toEqual({ done: true, value: undefined })
  expect((await waiting).done).toBe(true)
})

test('STO-3 a feed of a closed store or view is closed', async () => {
  const store = inMemoryCruxStore()
  const view = store.scope('a:')
  await view.close()
  await expect(recordFeed(view, { patienceMs }).stop()).rejects.toMatchObject({ code: 'closed' })
  expect(() => view.subscribe(() => {})).toThrow(expect.objectContaining({ code: 'closed' }))
  await recordFeed(store, { patienceMs }).stop()
  await store.close()
  await expect(recordFeed(store, { patienceMs }).stop()).rejects.toMatchObject({ code: 'closed' })
})

test('STO-30 the end of an `await using` block closes a store, and of a view only that', async () => {
  const left: CruxStore[] = []
  const areClosed = () => Promise.all(left.map((store) => store.list().then(() => false, isClosed)))
  {
    await using store = inMemoryCruxStore()
    {
      await using view = store.scope('a:')
      left.push(store, view)
    }
    expect(await areClosed()).toEqual([false, true])
  }
  expect(await areClosed()).toEqual([true, true])
})

test('STO-12 an epoch that changes in the middle of a snapshot starts it over', async () => {
  const { faulty, store, other } = open()
  await other.commit(taskWrites('a:l', 500))
  faulty.next('scan', undefined, async (execute) => {
    await other.renewEpoch()
    return execute()
  })
  const feed = recordFeed(store, { patienceMs })
  await feed.until(() => expect(feed.readyCount()).toBe(1))
  expect(feed.batches.filter((batch) => batch.reset)).toHaveLength(2)
  expect(feed.state()).toEqual(await storeState(store))
  await feed.stop()
  await store.close()
})

test('STO-11 a scan during which something unread was purged starts over with a snapshot', async () => {
  const { faulty, store, other } = open()
  const scope = store.scope('a:')
  await other.commit([listWrite('a:l'), planWrite('a:p')])
  const { cursor } = await scope.commit([planWrite('a:q')])
  await other.commit(taskWrites('b:l', 1_100))
  const list = await other.get({ entity: 'tasklist', key: 'a:l' })
  await other.commit([listWrite('a:l', { completedAt: 1 }, list?.revision)])
  faulty.next('scan', async (execute) => {
    await other.purge({ before: 2, prefix: 'a:' })
    return execute()
  })
  const feed = recordFeed(scope, { after: cursor, patienceMs })
  await feed.until(() => expect(feed.readyCount()).toBe(1))
  expect(feed.batches.some((batch) => batch.reset)).toBe(true)
  expect([...feed.state().keys()]).toEqual(['plan a:p', 'plan a:q'])
  await feed.stop()
  await store.close()
})

test('STO-11 a slow reader for whom something unread was purged starts over with a snapshot', async () => {
  const store = inMemoryCruxStore()
  const abort = new AbortController()
  let { records } = await store.commit([listWrite('a:l'), ...taskWrites('a:l', 300)])
  const feed = store.changes({ signal: abort.signal })[Symbol.asyncIterator]()
  const batches: ChangeBatch[] = []
  const read = async () => {
    const { value } = await feed.next()
    if (value !== undefined) batches.push(value)
  }
  while (batches.at(-1)?.ready !== true) await read()
  for (let round = 0; round < 4; round++) records = (await store.commit(records.map(rewrite))).records
  await store.commit([listWrite('a:l', { completedAt: 1 }, records[0]?.revision), planWrite('a:p')])
  await store.purge({ before: 2 })
  await read()
  while (batches.at(-1)?.ready !== true) await read()
  expect(batches.filter((batch) => batch.reset)).toHaveLength(2)
  expect([...stateOf(batches).keys()]).toEqual(['plan a:p'])
  abort.abort()
})

test('STO-10 a reader that lags is served from the store, once per key', async () => {
  const base = createInMemoryDriver()
  const { faulty, store } = open(base)
  const abort = new AbortController()
  let { records } = await store.commit(taskWrites('a:l', 100))
  const feed = store.scope('a:').changes({ signal: abort.signal })[Symbol.asyncIterator]()
  const batches: ChangeBatch[] = []
  while (batches.at(-1)?.ready !== true) {
    const { value } = await feed.next()
    if (value !== undefined) batches.push(value)
  }
  for (let round = 0; round < 30; round++) records = (await store.commit(records.map(rewrite))).records
  const before = faulty.calls('since')
  const { value } = await feed.next()
  expect(value?.changes).toEqual(records)
  expect(value?.cursor).toBe(store.scope('a:').cursorAt(records.at(-1)?.seq ?? 0))
  expect(faulty.calls('since')).toBeGreaterThan(before)
  abort.abort()
  await store.close()
})

test('STO-10 a commit larger than the limit alone reaches a waiting reader without another read', async () => {
  const { faulty, store } = open()
  const feed = recordFeed(store, { patienceMs })
  await feed.until(() => expect(feed.readyCount()).toBe(1))
  faulty.always('since', driverFaults.fail)
  const { records } = await store.commit(taskWrites('a:l', 1_200))
  await feed.until(() => expect(feed.batches.at(-1)?.changes).toEqual(records))
  await feed.stop()
  await store.close()
})

test('STO-4 a store that answers from an older state is asked again', async () => {
  const base = createInMemoryDriver()
  const { store, other, faulty } = open(base)
  const { cursor } = await other.commit([planWrite('a:p')])
  await other.commit([planWrite('a:q')])
  faulty.always('since', async () => ({
    ...(await base.since({ prefix: '', after: 1, limit: 1 })),
    records: [],
    upTo: 1,
  }))
  const feed = recordFeed(store, { after: cursor, patienceMs })
  await expect(feed.until(() => expect(feed.readyCount()).toBe(1))).rejects.toThrow('')
  await expect(feed.stop()).rejects.toMatchObject({ code: 'store-unavailable' })
  await store.close()
})

test('a value that is not JSON in the store is store-unavailable and names the key', async () => {
  const base = createInMemoryDriver()
  await base.commit([
    { id: 'x', writes: [{ entity: 'plan', key: 'a:p', value: '{', event: 'created', ifRevision: 0 }] },
  ])
  const store = createCruxStore(base)
  const error: unknown = await store.get({ entity: 'plan', key: 'a:p' }).catch((reason: unknown) => reason)
  expect(CruxError.is(error, 'store-unavailable') && error.message).toContain('plan "a:p"')
})

test('STO-3 leaving a feed takes its listener off the signal and ends the reading', async () => {
  const { faulty, store } = open()
  const { signal } = new AbortController()
  for (let index = 0; index < 20; index++) {
    for await (const batch of store.scope(`s${index}:`).changes({ signal })) if (batch.ready) break
  }
  expect(getEventListeners(signal, 'abort')).toEqual([])
  const calls = faulty.calls('since') + faulty.calls('head')
  await new Promise((resolve) => setTimeout(resolve, 60))
  expect(faulty.calls('since') + faulty.calls('head')).toBe(calls)
})
