import { createCruxStore, CruxError, type StoreDriver, type StoreOptions } from '@crux/core'
import { driverFaults, faultyDriver } from '@crux/core/testing'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createInMemoryDriver } from '../../src/store/in-memory-driver.ts'
import { planWrite, taskWrites } from '../../src/testing/store-contract/example-writes.ts'

function open(options: StoreOptions = {}) {
  const driver = createInMemoryDriver()
  const faulty = faultyDriver(driver)
  const groups: number[][] = []
  const recording: StoreDriver = {
    ...faulty.driver,
    commit: (given) => {
      groups.push(given.map(({ writes }) => writes.length))
      return faulty.driver.commit(given)
    },
  }
  return {
    driver,
    faulty,
    groups,
    store: createCruxStore(recording, options),
    other: createCruxStore(driver),
  }
}

const p = { entity: 'plan', key: 'a:p' } as const

test('STO-20 commits that are begun together go together, and what waits meanwhile goes in the next', async () => {
  const { store, groups } = open()
  const begin = (count: number, name: string) =>
    Array.from({ length: count }, (_, index) => store.commit([planWrite(`a:${name}${index}`)]))
  const first = begin(64, 'p')
  // The queue sends in a microtask; these find it under way.
  await Promise.resolve()
  const next = begin(10, 'q')
  const positions = (await Promise.all([...first, ...next])).map(({ records }) => records[0]?.seq)
  expect(groups.map((group) => group.length)).toEqual([64, 10])
  expect(positions).toEqual(Array.from({ length: 74 }, (_, index) => index + 1))
})

test('STO-20 a group has at most 20,000 writes and 16 MiB', async () => {
  const { store, groups } = open()
  const small = store.commit([planWrite('a:p')])
  const many = ['l1', 'l2', 'l3'].map((list) => store.commit(taskWrites(`a:${list}`, 8_000)))
  const content = 'x'.repeat(200_000)
  const large = ['m1', 'm2', 'm3'].map((name) =>
    store.commit(Array.from({ length: 45 }, (_, index) => planWrite(`${name}:p${index}`, { content }))),
  )
  await Promise.all([small, ...many, ...large])
  expect(groups).toEqual([[1, 8_000, 8_000], [8_000, 45], [45], [45]])
})

test('STO-5 a commit that is met by silence is sent again before its time is up', async () => {
  const { store, faulty, groups } = open({ timeoutMs: 200 })
  faulty.next('commit', driverFaults.swallow)
  const { records } = await store.commit([planWrite('a:p')])
  expect(groups).toEqual([[1], [1]])
  expect(await store.get(p)).toEqual(records[0])
  expect(records[0]).toMatchObject({ revision: 1, seq: 1 })
})

test('STO-5 a commit is sent again until its time is up, then its outcome is unknown', async () => {
  const { store, faulty } = open({ timeoutMs: 150 })
  faulty.always('commit', driverFaults.fail)
  await expect(store.commit([planWrite('a:p')])).rejects.toMatchObject({
    code: 'store-unavailable',
    details: { outcome: 'unknown' },
    cause: { message: 'connection reset' },
  })
  expect(faulty.calls('commit')).toBeGreaterThan(1)
})

test('STO-5 a commit whose turn never came surely did nothing, then or later', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { store, faulty, other } = open({ timeoutMs: 1_000 })
  const repair = faulty.always('commit', driverFaults.ignore)
  const outcomes: unknown[] = []
  const note = (error: unknown) => outcomes.push(CruxError.is(error) && error.details)
  // So large that the other cannot go with it when it is sent again; with fake timers both have the same deadline.
  store.commit(taskWrites('a:l', 20_000)).catch(note)
  store.commit([planWrite('a:p')]).catch(note)
  await vi.advanceTimersByTimeAsync(999)
  expect(outcomes).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(outcomes).toEqual([{ outcome: 'unknown' }, { outcome: 'none' }])
  repair()
  await vi.advanceTimersByTimeAsync(5_000)
  expect((await other.list()).records).toEqual([])
  await store.commit([planWrite('a:q')])
})

test('STO-5 what surely did nothing fails at once and is not sent again', async () => {
  const { store, faulty } = open()
  faulty.next('commit', driverFaults.refuse)
  await expect(store.commit([planWrite('a:p')])).rejects.toMatchObject({
    code: 'store-unavailable',
    details: { outcome: 'none' },
  })
  expect(faulty.calls('commit')).toBe(1)
  await store.commit([planWrite('a:p')])
})

test('STO-5 a refusal after an unknown outcome does not make it known', async () => {
  const { store, faulty } = open()
  faulty.next('commit', driverFaults.loseAnswer, driverFaults.refuse, driverFaults.fail)
  expect((await store.commit([planWrite('a:p')])).records).toMatchObject([{ revision: 1, seq: 1 }])
  expect(faulty.calls('commit')).toBe(4)
})

test('STO-5 a conflict that shows that the commit was never executed is a conflict', async () => {
  const { store, faulty, other } = open()
  const { records } = await other.commit([planWrite('a:p')])
  faulty.next('commit', async () => {
    await other.commit([planWrite('a:p', { title: 'theirs' }, records[0]?.revision)])
    throw new Error('connection reset')
  })
  await expect(store.commit([planWrite('a:p', {}, 1)])).rejects.toMatchObject({
    code: 'conflict',
    details: { revision: 2, expected: 1 },
  })
})

test('STO-5 a new key that another commit made first was never made by this one', async () => {
  const { store, faulty, other } = open()
  faulty.next('commit', async () => {
    await other.commit([planWrite('a:p')])
    throw new Error('connection reset')
  })
  await expect(store.commit([planWrite('a:p')])).rejects.toMatchObject({ code: 'conflict' })
})

test('STO-5 an attempt that answers after it was given up changes nothing', async () => {
  const { store, faulty, groups } = open({ timeoutMs: 200 })
  const late: Promise<unknown>[] = []
  faulty.next('commit', (execute) => {
    const answer = execute()
    late.push(new Promise((resolve) => setTimeout(resolve, 150)).then(() => answer))
    return late[0] ?? answer
  })
  const heard: string[] = []
  const undo = store.subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
  await store.commit([planWrite('a:p')])
  await Promise.all(late)
  await store.commit([planWrite('a:q')])
  expect(heard).toEqual(['a:p', 'a:q'])
  expect(groups).toHaveLength(3)
  undo()
})

test.each([
  ['answers', async (execute: () => Promise<unknown>) => execute()],
  ['fails', driverFaults.fail],
] as const)('STO-20 an attempt that was given up and then %s lets nothing else start', async (_, end) => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { store, faulty } = open({ timeoutMs: 1_000 })
  const releases: (() => void)[] = []
  const held = () => new Promise<void>((resolve) => releases.push(resolve))
  faulty.next(
    'commit',
    async (execute) => {
      await held()
      return end(execute)
    },
    async (execute) => {
      await held()
      return execute()
    },
  )
  const first = store.commit([planWrite('a:p')])
  await vi.advanceTimersByTimeAsync(600)
  expect(faulty.calls('commit')).toBe(2)
  const second = store.commit([planWrite('a:q')])
  releases[0]?.()
  await vi.advanceTimersByTimeAsync(50)
  expect(faulty.calls('commit')).toBe(2)
  releases[1]?.()
  await vi.advanceTimersByTimeAsync(50)
  expect((await Promise.all([first, second])).map(({ records }) => records[0]?.seq)).toEqual([1, 2])
})

test('STO-8 a commit that was executed after its caller gave up is heard all the same', async () => {
  const { store, faulty } = open({ timeoutMs: 100, pollIntervalMs: 20 })
  const heard: string[] = []
  const undo = store.subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
  faulty.next('commit', driverFaults.swallow, driverFaults.ignore)
  await expect(store.commit([planWrite('a:p')])).rejects.toMatchObject({ details: { outcome: 'unknown' } })
  await vi.waitFor(() => expect(heard).toEqual(['a:p']))
  undo()
  await store.close()
})

test('STO-5 what a driver says in its own words reaches the caller', async () => {
  const { store, faulty } = open()
  const said = new CruxError('store-unavailable', 'Call migrate() first.', { details: { outcome: 'none' } })
  for (const method of ['commit', 'read', 'head', 'scan'] as const)
    faulty.next(method, () => Promise.reject(said))
  await expect(store.commit([planWrite('a:p')])).rejects.toBe(said)
  await expect(store.commit([])).rejects.toBe(said)
  await expect(store.get(p)).rejects.toBe(said)
  await expect(store.list()).rejects.toBe(said)
})

test('STO-5 a driver that throws before its first await is a driver that fails', async () => {
  const driver = createInMemoryDriver()
  const boom = () => {
    throw Object.assign(new Error('boom'), { outcome: 'none' })
  }
  const store = createCruxStore({ ...driver, commit: boom, read: boom, head: boom })
  const refused = expect.objectContaining({ code: 'store-unavailable', details: { outcome: 'none' } })
  await expect(store.commit([planWrite('a:p')])).rejects.toEqual(refused)
  await expect(store.get(p)).rejects.toEqual(refused)
  await expect(store.commit([])).rejects.toEqual(refused)
})

test('STO-5 every call ends in time', async () => {
  const { store, faulty } = open({ timeoutMs: 100 })
  for (const method of ['head', 'read', 'scan', 'forget', 'renewEpoch', 'close'] as const) {
    faulty.always(method, driverFaults.ignore)
  }
  const startedAt = performance.now()
  const calls = [
    store.get(p),
    store.getMany([p]),
    store.list(),
    store.commit([]),
    store.purge({ before: 1 }),
    store.renewEpoch(),
    store.changes({ signal: new AbortController().signal })[Symbol.asyncIterator]().next(),
  ]
  for (const result of await Promise.allSettled(calls)) {
    if (result.status === 'fulfilled') throw new Error('A call was answered by silence.')
    expect(CruxError.is(result.reason, 'store-unavailable')).toBe(true)
  }
  await expect(store.close()).rejects.toMatchObject({ code: 'store-unavailable' })
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})

test('STO-5 a driver that answers fewer results than groups leaves the rest unknown', async () => {
  const { store, faulty } = open({ timeoutMs: 100 })
  faulty.next('commit', async () => ({ epoch: 'e', results: [] }))
  await expect(store.commit([planWrite('a:p')])).rejects.toMatchObject({ details: { outcome: 'unknown' } })
})

test('STO-1 close waits for what is under way', async () => {
  const { store, faulty, driver } = open()
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  faulty.next('commit', async (execute) => {
    await held
    return execute()
  })
  const commits = [store.commit([planWrite('a:p')]), store.commit([planWrite('a:q')])]
  const closing = store.close()
  expect(faulty.calls('close')).toBe(0)
  release()
  await closing
  expect((await Promise.all(commits)).flatMap(({ records }) => records)).toHaveLength(2)
  expect((await driver.head()).seq).toBe(2)
  expect(faulty.calls('close')).toBe(1)
})

test('options that make no sense are refused at once', () => {
  const driver = createInMemoryDriver()
  for (const options of [
    { timeoutMs: 0 },
    { timeoutMs: Infinity },
    { pollIntervalMs: -1 },
    { maxRecordBytes: Number.NaN },
  ]) {
    expect(() => createCruxStore(driver, options)).toThrow(expect.objectContaining({ code: 'invalid-value' }))
  }
})
