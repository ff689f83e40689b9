import { inMemoryCruxStore, type CruxRecord } from '@crux/core'
import { expect, test } from 'vitest'
import { createInMemoryDriver } from '../../src/store/in-memory-driver.ts'
import { createSortedIndex } from '../../src/store/sorted-index.ts'
import {
  listWrite,
  planWrite,
  rewrite,
  taskWrite,
  taskWrites,
} from '../../src/testing/store-contract/example-writes.ts'
import { listAll, recordFeed } from '../../src/testing/store-contract/record-feed.ts'

const keys = (records: readonly CruxRecord[]) => records.map(({ key }) => key)

test('STO-12 each in-memory store has an epoch of its own', async () => {
  const [one, two] = [inMemoryCruxStore(), inMemoryCruxStore()]
  const { cursor } = await one.commit([planWrite('a:p')])
  await two.commit([planWrite('a:p')])
  const feed = recordFeed(two, { after: cursor, patienceMs: 1_000 })
  await feed.until(() => expect(feed.readyCount()).toBe(1))
  expect(feed.batches[0]?.reset).toBe(true)
  await feed.stop()
})

test('STO-11 at maxRecords the list that ended first makes room, with its tasks', async () => {
  const store = inMemoryCruxStore({ maxRecords: 12 })
  await store.commit([listWrite('a:second', { completedAt: 2_000 }), ...taskWrites('a:second', 2)])
  await store.commit([listWrite('a:first', { discardedAt: 1_000 }), ...taskWrites('a:first', 2)])
  await store.commit([listWrite('a:open'), ...taskWrites('a:open', 2)])
  await store.commit([listWrite('a:new'), ...taskWrites('a:new', 2)])
  expect(await listAll(store)).toHaveLength(12)
  await store.commit([planWrite('a:p')])
  expect(await listAll(store.scope('a:'))).toHaveLength(10)
  expect(await store.get({ entity: 'tasklist', key: 'a:first' })).toBeUndefined()
  await store.commit(['q', 'r', 's'].map((id) => planWrite(`a:${id}`)))
  expect(keys((await store.list({ entity: 'tasklist' })).records)).toEqual(['a:new', 'a:open'])
})

test('STO-11 what was forgotten for room keeps the promises of a purge', async () => {
  const store = inMemoryCruxStore({ maxRecords: 3 })
  const { cursor } = await store.commit([planWrite('a:p')])
  let { records } = await store.commit([listWrite('a:l', { completedAt: 1 }), taskWrite('a:l', 't')])
  records = (await store.commit(records.map(rewrite))).records
  const { records: added } = await store.commit([planWrite('a:q')])
  expect(added[0]?.revision).toBe(3)
  const feed = recordFeed(store, { after: cursor, patienceMs: 1_000 })
  await feed.until(() => expect(feed.readyCount()).toBe(1))
  expect(feed.batches[0]?.reset).toBe(true)
  expect(keys([...feed.state().values()])).toEqual(['a:p', 'a:q'])
  await feed.stop()
})

test('STO-11 what cannot make enough room is store-full, and forgets nothing', async () => {
  const store = inMemoryCruxStore({ maxRecords: 6 })
  await store.commit([
    listWrite('a:done', { completedAt: 1 }),
    taskWrite('a:done', 't'),
    listWrite('a:l'),
    ...taskWrites('a:l', 3),
  ])
  await expect(store.commit(taskWrites('a:m', 3))).rejects.toMatchObject({ code: 'store-full' })
  expect(await listAll(store)).toHaveLength(6)
  await store.commit(taskWrites('a:m', 2))
  expect(await listAll(store)).toHaveLength(6)
  await expect(store.commit([planWrite('a:p')])).rejects.toMatchObject({ code: 'store-full' })
})

test('STO-11 a full store still takes changes of what it holds', async () => {
  const store = inMemoryCruxStore({ maxRecords: 3 })
  const { records } = await store.commit([listWrite('a:l'), ...taskWrites('a:l', 2)])
  expect((await store.commit(records.map(rewrite))).records.map(({ revision }) => revision)).toEqual([
    2, 2, 2,
  ])
})

test('STO-11 a list that the commit itself writes is not forgotten for it', async () => {
  const store = inMemoryCruxStore({ maxRecords: 4 })
  const ended = await store.commit([listWrite('a:l', { completedAt: 1 }), taskWrite('a:l', 't')])
  await store.commit([listWrite('a:m', { completedAt: 2 }), taskWrite('a:m', 't')])
  const [list] = ended.records
  await store.commit([taskWrite('a:l', 'again'), listWrite('a:l', {}, list?.revision)])
  expect(keys(await listAll(store))).toEqual(['a:l', 'a:l/again', 'a:l/t'])
})

test('STO-11 a list that came back to life since is not forgotten', async () => {
  const store = inMemoryCruxStore({ maxRecords: 4 })
  const { records } = await store.commit([
    listWrite('a:l', { completedAt: 1 }),
    listWrite('a:m', { completedAt: 2 }),
  ])
  await store.commit([listWrite('a:n', { completedAt: 3 }), planWrite('a:p')])
  await store.commit([planWrite('a:q')])
  expect(await store.get({ entity: 'tasklist', key: 'a:l' })).toBeUndefined()
  const m = records[1]
  await store.commit([listWrite('a:m', {}, m?.revision)])
  await store.commit([planWrite('a:r')])
  expect(keys(await listAll(store))).toEqual(['a:m', 'a:p', 'a:q', 'a:r'])
})

test('STO-10 many changes of few records cost the memory of few records', async () => {
  const driver = createInMemoryDriver()
  for (let index = 0; index < 20_000; index++) {
    const write = { entity: 'plan', key: 'a:p', value: '{}', event: 'updated', ifRevision: index } as const
    await driver.commit([{ id: `${index}`, writes: [write] }])
  }
  const { records, upTo } = await driver.since({ prefix: '', after: 0, limit: 10 })
  expect([records.length, records[0]?.seq, upTo]).toEqual([1, 20_000, 20_000])
})

test('maxRecords below one is refused', () => {
  for (const maxRecords of [0, -1, Number.NaN]) {
    expect(() => inMemoryCruxStore({ maxRecords })).toThrow(
      expect.objectContaining({ code: 'invalid-value' }),
    )
  }
})

test('STO-7 the index stays sorted through thousands of additions and removals in any order', () => {
  const index = createSortedIndex<{ place: string }>()
  const expected = new Set<string>()
  let seed = 7
  for (let step = 0; step < 8_000; step++) {
    seed = (seed * 48_271) % 2_147_483_647
    const place = `k${seed % 3_000}`
    if (expected.delete(place)) index.delete(place)
    else {
      expected.add(place)
      index.add({ place })
    }
  }
  const sorted = [...expected].sort()
  const places = (from: string) => [...index.from(from)].map((item) => item.place)
  expect(places('')).toEqual(sorted)
  for (const from of ['k1', 'k2999', 'k', 'k15', 'z', sorted[0] ?? '', sorted.at(-1) ?? '']) {
    expect(places(from)).toEqual(sorted.filter((place) => place >= from))
  }
  for (const place of sorted) index.delete(place)
  expect(places('')).toEqual([])
  index.delete('never there')
  // A gap in the middle, as wide as several chunks, and then filled again.
  for (const place of sorted) index.add({ place })
  const gap = sorted.slice(300, 1_500)
  for (const place of gap) index.delete(place)
  for (const place of gap.toReversed()) index.add({ place })
  expect(places('')).toEqual(sorted)
})
