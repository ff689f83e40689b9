import { createCruxStore, inMemoryCruxStore, type ChangeBatch } from '@crux/core'
import { driverFaults, examplePlan, faultyDriver } from '@crux/core/testing'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createInMemoryDriver } from '../../src/store/in-memory-driver.ts'
import { planWrite } from '../../src/testing/store-contract/example-writes.ts'

function silenceConsole() {
  const error = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => error.mockRestore())
  return error
}

test('STO-8 a listener that throws fails no commit and starves no other', async () => {
  const report = silenceConsole()
  const store = inMemoryCruxStore()
  const heard: ChangeBatch[] = []
  const problem = new Error('listener is broken')
  store.subscribe(() => {
    throw problem
  })
  store.subscribe(async () => {
    throw problem
  })
  store.subscribe((batch) => heard.push(batch))
  await store.commit([planWrite('a:p')])
  await store.commit([planWrite('a:q')])
  expect(heard).toHaveLength(2)
  await vi.waitFor(() => expect(report.mock.calls.map(([, error]) => error)).toEqual(Array(4).fill(problem)))
})

test('STO-8 a value that something else spoiled keeps nobody from the rest', async () => {
  const report = silenceConsole()
  const driver = createInMemoryDriver()
  const store = createCruxStore(driver, { pollIntervalMs: 10 })
  const heard: string[] = []
  const undo = store.subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
  await store.commit([planWrite('a:1')])
  const writes = ['a:2', 'a:3'].map(
    (key) =>
      ({ entity: 'plan', key, value: key === 'a:2' ? '{' : '{}', event: 'created', ifRevision: 0 }) as const,
  )
  await driver.commit([{ id: 'x', writes }])
  await vi.waitFor(() => expect(heard).toEqual(['a:1', 'a:3']))
  expect(report.mock.calls.map(([, error]) => String(error))).toEqual([expect.stringContaining('plan "a:2"')])
  undo()
  await store.close()
})

test('STO-8 a listener that never comes back holds up nobody', async () => {
  const store = inMemoryCruxStore()
  store.subscribe(() => new Promise(() => {}))
  expect((await store.commit([planWrite('a:p')])).records).toHaveLength(1)
})

test('STO-8 a listener may commit, listen and stop listening', async () => {
  const store = inMemoryCruxStore()
  const heard: string[] = []
  const more: Promise<unknown>[] = []
  const undo = store.subscribe(({ changes }) => {
    heard.push(`first ${changes[0]?.key}`)
    undo()
    more.push(store.commit([planWrite('a:q')]))
    store.subscribe((batch) => heard.push(`second ${batch.changes[0]?.key}`))
  })
  await store.commit([planWrite('a:p')])
  await Promise.all(more)
  expect(heard).toEqual(['first a:p', 'second a:q'])
})

test('STO-8 listeners of one scope share one batch, frozen, with the cursor of that scope', async () => {
  const store = inMemoryCruxStore()
  const view = store.scope('a:')
  const heard: ChangeBatch[] = []
  view.subscribe((batch) => heard.push(batch))
  store.scope('a:').subscribe((batch) => heard.push(batch))
  const { cursor } = await view.commit([planWrite('a:p')])
  expect(heard).toHaveLength(2)
  expect(heard[0]).toBe(heard[1])
  expect(Object.isFrozen(heard[0]?.changes)).toBe(true)
  expect(heard[0]?.cursor).toBe(cursor)
  expect(view.cursorAt(1)).toBe(cursor)
  expect(store.cursorAt(1)).not.toBe(cursor)
})

test('STO-12 batches after a renewed epoch have cursors of the new one', async () => {
  const store = createCruxStore(createInMemoryDriver())
  const heard: ChangeBatch[] = []
  const undo = store.subscribe((batch) => heard.push(batch))
  const before = await store.commit([planWrite('a:1')])
  await store.renewEpoch()
  const after = await store.commit([planWrite('a:2')])
  expect(heard.map(({ cursor, reset }) => reset ?? cursor)).toEqual([before.cursor, true, after.cursor])
  expect(after.cursor.split('.')[0]).not.toBe(before.cursor.split('.')[0])
  undo()
  await store.close()
})

test('STO-8 a commit whose answer comes before the first head is heard once', async () => {
  const faulty = faultyDriver(createInMemoryDriver())
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  faulty.next('head', async (execute) => {
    await held
    return execute()
  })
  const store = createCruxStore(faulty.driver, { pollIntervalMs: 5 })
  const heard: string[] = []
  const undo = store.subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
  await store.commit([planWrite('a:1')])
  expect(heard).toEqual(['a:1'])
  release()
  await store.commit([planWrite('a:2')])
  await vi.waitFor(() => expect(faulty.calls('since')).toBeGreaterThan(2))
  expect(heard).toEqual(['a:1', 'a:2'])
  undo()
  await store.close()
})

test('STO-8 a commit whose answer is overtaken by the first head is heard once', async () => {
  const faulty = faultyDriver(createInMemoryDriver())
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  faulty.next('commit', async (execute) => {
    const answer = await execute()
    await held
    return answer
  })
  faulty.next('head', async (execute) => {
    await vi.waitFor(() => expect(faulty.calls('commit')).toBe(1))
    return execute()
  })
  const store = createCruxStore(faulty.driver, { pollIntervalMs: 5 })
  const heard: string[] = []
  const undo = store.subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
  const commit = store.commit([planWrite('a:1')])
  await vi.waitFor(() => expect(faulty.calls('since')).toBeGreaterThan(1))
  release()
  await commit
  expect(heard).toEqual(['a:1'])
  undo()
  await store.close()
})

test('STO-8 a read that fails does not fail the commit that needed it', async () => {
  const driver = createInMemoryDriver()
  const faulty = faultyDriver(driver)
  const store = createCruxStore(faulty.driver, { pollIntervalMs: 20 })
  const other = createCruxStore(driver)
  const heard: string[] = []
  const undo = store.subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
  await store.commit([planWrite('a:1')])
  const repair = faulty.always('since', driverFaults.fail)
  await other.commit([planWrite('a:2')])
  expect((await store.commit([planWrite('a:3')])).records).toHaveLength(1)
  expect(heard).toEqual(['a:1'])
  repair()
  await vi.waitFor(() => expect(heard).toEqual(['a:1', 'a:2', 'a:3']))
  undo()
  await store.close()
})

test('STO-8 a read that never ends holds a commit up no longer than its time', async () => {
  const driver = createInMemoryDriver()
  const faulty = faultyDriver(driver)
  const store = createCruxStore(faulty.driver, { pollIntervalMs: Infinity, timeoutMs: 200 })
  const undo = store.subscribe(() => {})
  await store.commit([planWrite('a:1')])
  faulty.always('since', driverFaults.ignore)
  await createCruxStore(driver).commit([planWrite('a:2')])
  const startedAt = performance.now()
  expect((await store.commit([planWrite('a:3')])).records).toHaveLength(1)
  expect(performance.now() - startedAt).toBeLessThan(1_000)
  undo()
})

test('STO-8 a commit that is told while a read is under way is heard once', async () => {
  const faulty = faultyDriver(createInMemoryDriver())
  const wakes = new Set<() => void>()
  const onHint = (wake: () => void) => {
    wakes.add(wake)
    return () => wakes.delete(wake)
  }
  const store = createCruxStore({ ...faulty.driver, onHint }, { pollIntervalMs: Infinity })
  const heard: string[] = []
  const undo = store.subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
  await store.commit([planWrite('a:1')])
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  faulty.next('since', async (execute) => {
    await held
    return execute()
  })
  for (const wake of wakes) wake()
  await vi.waitFor(() => expect(faulty.calls('since')).toBe(1))
  await store.commit([planWrite('a:2')])
  release()
  for (const wake of wakes) wake()
  await vi.waitFor(() => expect(faulty.calls('since')).toBe(2))
  await store.commit([planWrite('a:3')])
  expect(heard).toEqual(['a:1', 'a:2', 'a:3'])
  undo()
})

test('STO-8 a commit does not wait for a read that nobody needs any more', async () => {
  const driver = createInMemoryDriver()
  const faulty = faultyDriver(driver)
  const store = createCruxStore(faulty.driver, { pollIntervalMs: Infinity })
  const undo = store.subscribe(() => {})
  await store.commit([planWrite('a:1')])
  faulty.always('since', driverFaults.ignore)
  await createCruxStore(driver).commit([planWrite('a:2')])
  const commit = store.commit([planWrite('a:3')])
  await vi.waitFor(() => expect(faulty.calls('since')).toBe(1))
  const startedAt = performance.now()
  undo()
  await commit
  // Its time would be 5 s.
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})

test('STO-5 one hint brings all that is new, page after page', async () => {
  const driver = createInMemoryDriver()
  let hint = () => {}
  const onHint = (wake: () => void) => {
    hint = wake
    return () => {}
  }
  const store = createCruxStore({ ...driver, onHint }, { pollIntervalMs: Infinity })
  const heard: string[] = []
  const undo = store.subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
  await store.commit([planWrite('a:first')])
  const other = createCruxStore(driver)
  const keys = Array.from({ length: 450 }, (_, index) => `a:p${index}`)
  await Promise.all(keys.map((key) => other.commit([planWrite(key)])))
  hint()
  await vi.waitFor(() => expect(heard).toEqual(['a:first', ...keys]))
  undo()
})

test('LIVE-18 what nobody listens to is not even read', async () => {
  const report = silenceConsole()
  const driver = createInMemoryDriver()
  const store = createCruxStore(driver, { pollIntervalMs: 5 })
  const heard: string[] = []
  const undo = store.scope('a:').subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
  store.scope('b:').subscribe(() => {})()
  await store.commit([planWrite('a:1')])
  const write = { entity: 'plan', key: 'b:spoiled', value: '{', event: 'created', ifRevision: 0 } as const
  await driver.commit([{ id: 'x', writes: [write] }])
  await createCruxStore(driver).commit([planWrite('a:2')])
  await vi.waitFor(() => expect(heard).toEqual(['a:1', 'a:2']))
  expect(report).not.toHaveBeenCalled()
  undo()
  await store.close()
})

test('STO-10 one follower serves all feeds and listeners, and stops with the last', async () => {
  const driver = createInMemoryDriver()
  const faulty = faultyDriver(driver)
  const store = createCruxStore(faulty.driver, { pollIntervalMs: 30 })
  const heard: string[] = []
  const undos = Array.from({ length: 50 }, (_, index) =>
    store.scope(`s${index}:`).subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key))),
  )
  await store.commit([planWrite('s0:p')])
  const other = createCruxStore(driver)
  await other.commit(Array.from({ length: 50 }, (_, index) => planWrite(`s${index}:q`)))
  await vi.waitFor(() => expect(heard).toHaveLength(51))
  expect(faulty.calls('head')).toBe(1)
  const reads = faulty.calls('since')
  await vi.waitFor(() => expect(faulty.calls('since')).toBeGreaterThan(reads))
  expect(faulty.calls('since')).toBeLessThan(50)
  for (const undo of undos) undo()
  const last = faulty.calls('since')
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(faulty.calls('since')).toBe(last)
})

test('STO-5 a hint is read at once, whatever the poll interval', async () => {
  const driver = createInMemoryDriver()
  const wakes = new Set<() => void>()
  const store = createCruxStore(
    {
      ...driver,
      onHint: (wake) => {
        wakes.add(wake)
        return () => wakes.delete(wake)
      },
    },
    { pollIntervalMs: 60_000 },
  )
  const heard: string[] = []
  const undo = store.subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
  await store.commit([planWrite('a:1')])
  await createCruxStore(driver).commit([planWrite('a:2')])
  for (const wake of wakes) wake()
  await vi.waitFor(() => expect(heard).toEqual(['a:1', 'a:2']))
  undo()
  expect(wakes.size).toBe(0)
})

test('STO-12 a head below what was seen means that the data is gone: listeners hear a reset', async () => {
  let driver = createInMemoryDriver()
  const store = createCruxStore(
    {
      ...driver,
      head: async () => ({ ...(await driver.head()), epoch: 'always the same' }),
      since: async (query) => ({ ...(await driver.since(query)), epoch: 'always the same' }),
      commit: async (groups) => ({ ...(await driver.commit(groups)), epoch: 'always the same' }),
    },
    { pollIntervalMs: 10 },
  )
  const heard: ChangeBatch[] = []
  const undo = store.subscribe((batch) => heard.push(batch))
  await store.commit([planWrite('a:1'), planWrite('a:2')])
  driver = createInMemoryDriver()
  await vi.waitFor(() => expect(heard.at(-1)).toEqual({ changes: [], reset: true }))
  await store.commit([planWrite('a:3')])
  expect(heard.at(-1)?.changes.map(({ value }) => value)).toEqual([examplePlan({ id: 'a:3' })])
  undo()
  await store.close()
})

test('an idle in-memory store has no timer, listened to or not', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const store = inMemoryCruxStore()
  const undo = store.subscribe(() => {})
  await store.get({ entity: 'plan', key: 'a:p' })
  expect(vi.getTimerCount()).toBe(0)
  await store.commit([planWrite('a:p')])
  await vi.advanceTimersByTimeAsync(10_000)
  expect(vi.getTimerCount()).toBe(0)
  undo()
  await store.close()
})
