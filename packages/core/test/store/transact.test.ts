import { createCruxStore, CruxError, inMemoryCruxStore, type CruxStore, type Plan } from '@crux/core'
import { examplePlan } from '@crux/core/testing'
import { expect, test, vi } from 'vitest'
import { createInMemoryDriver } from '../../src/store/in-memory-driver.ts'
import { transact } from '../../src/store/index.ts'

const ref = { entity: 'plan', key: 'a:p' } as const

/** Adds one to the plan's version: what it read decides what it writes. */
async function increment(store: CruxStore, afterRead: () => Promise<void> = async () => {}) {
  const record = await store.get(ref)
  const value: Plan = { ...examplePlan({ id: ref.key, version: 0 }), ...record?.value }
  await afterRead()
  return {
    writes: [
      {
        ...ref,
        value: { ...value, version: value.version + 1 },
        event: 'updated',
        ifRevision: record?.revision ?? 0,
      },
    ] as const,
    result: (records: readonly { readonly revision: number }[]) => records[0]?.revision,
  }
}

test('STO-9 callers of one key take turns, through every view of the store', async () => {
  const store = inMemoryCruxStore()
  const views = [store, store.scope('a:'), store.scope('a:')]
  let commits = 0
  let isInside = false
  const takeTurns = (view: CruxStore) =>
    transact(view, 'a:p', async () => {
      expect(isInside).toBe(false)
      isInside = true
      const decision = await increment(view)
      commits++
      isInside = false
      return decision
    })
  const revisions = await Promise.all(
    Array.from({ length: 30 }, (_, index) => takeTurns(views[index % 3] ?? store)),
  )
  expect(revisions).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
  expect(commits).toBe(30)
})

test('STO-9 callers of different keys do not wait for one another', async () => {
  const store = inMemoryCruxStore()
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const slow = transact(store, 'slow', async () => {
    await held
    return { writes: [], result: () => 'slow' }
  })
  expect(await transact(store, 'fast', async () => ({ writes: [], result: () => 'fast' }))).toBe('fast')
  release()
  expect(await slow).toBe('slow')
})

test('STO-9 a race lost to another process is decided again', async () => {
  const driver = createInMemoryDriver()
  const [store, other] = [createCruxStore(driver), createCruxStore(driver)]
  await Promise.all(
    [store, other].flatMap((each) =>
      Array.from({ length: 10 }, () => transact(each, 'a:p', () => increment(each))),
    ),
  )
  expect(await store.get(ref)).toMatchObject({ value: { version: 20 }, revision: 20 })
})

test('STO-9 a race that is lost for contentionMs is a conflict', async () => {
  const driver = createInMemoryDriver()
  const [store, other] = [createCruxStore(driver, { contentionMs: 60 }), createCruxStore(driver)]
  let attempts = 0
  const interfere = async () => {
    attempts++
    await transact(other, 'a:p', () => increment(other))
  }
  await expect(transact(store, 'a:p', () => increment(store, interfere))).rejects.toMatchObject({
    code: 'conflict',
  })
  expect(attempts).toBeGreaterThan(1)
})

test('STO-9 an error of decide is final, also a conflict', async () => {
  const store = inMemoryCruxStore()
  const decide = vi.fn<() => Promise<never>>(async () => {
    throw new CruxError('conflict', 'Plan is at version 7, not 5.')
  })
  await expect(transact(store, 'a:p', decide)).rejects.toMatchObject({
    message: 'Plan is at version 7, not 5.',
  })
  expect(decide).toHaveBeenCalledTimes(1)
})

test('STO-9 an error of result does not commit again', async () => {
  const store = inMemoryCruxStore()
  const failing = async () => ({
    ...(await increment(store)),
    result: () => {
      throw new CruxError('conflict', 'from result')
    },
  })
  await expect(transact(store, 'a:p', failing)).rejects.toThrow('from result')
  expect((await store.get(ref))?.revision).toBe(1)
})

test('STO-9 a failure does not hold up the next', async () => {
  const store = inMemoryCruxStore()
  const failed = transact(store, 'a:p', () => Promise.reject(new Error('broken')))
  const next = transact(store, 'a:p', () => increment(store))
  await expect(failed).rejects.toThrow('broken')
  expect(await next).toBe(1)
})

test('STO-9 nothing to write commits nothing', async () => {
  const store = inMemoryCruxStore()
  const heard: unknown[] = []
  store.subscribe((batch) => heard.push(batch))
  expect(
    await transact(store, 'a:p', async () => ({ writes: [], result: (records) => records.length })),
  ).toBe(0)
  expect(heard).toEqual([])
})

test('STO-9 a store of another make has a queue too', async () => {
  const inner = inMemoryCruxStore()
  const commit = vi.fn<CruxStore['commit']>(inner.commit)
  const wrapper: CruxStore = { ...inner, commit }
  await Promise.all(Array.from({ length: 10 }, () => transact(wrapper, 'a:p', () => increment(wrapper))))
  expect(commit).toHaveBeenCalledTimes(10)
})
