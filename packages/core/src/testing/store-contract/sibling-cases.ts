import { expect } from 'vitest'
import { CruxError } from '../../errors/index.ts'
import type { CruxStore } from '../../store/index.ts'
import { faultyDriver } from '../faulty-driver.ts'
import type { StoreContractCase } from './contract-case.ts'
import { commitOne, listWrite, planWrite, rewrite, taskWrite, taskWrites } from './example-writes.ts'
import { listAll, recordFeed, stateOf, storeState } from './record-feed.ts'

/** What several stores on the same data promise one another. */
export const siblingCases: readonly StoreContractCase[] = [
  {
    title: 'STO-1 what one store committed, another reads, and stale revisions of it are conflicts',
    needsSibling: true,
    run: async ({ store, openSibling }) => {
      const sibling = await openSibling()
      const record = await commitOne(store, planWrite('a:p'))
      expect(await sibling.get(record)).toEqual(record)
      await commitOne(sibling, rewrite(record))
      await expect(store.commit([rewrite(record)])).rejects.toMatchObject({ code: 'conflict' })
    },
  },
  {
    title: 'STO-5 what another store commits is heard without a hint',
    needsSibling: true,
    run: async ({ store, openSibling, patienceMs }) => {
      const heard: string[] = []
      const undo = store.subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
      const feed = recordFeed(store, { patienceMs })
      await feed.until(() => expect(feed.readyCount()).toBe(1))
      // Started, because a listener is promised what others commit after the first head only.
      await store.commit([planWrite('a:own')])
      const sibling = await openSibling({ wrap: (driver) => faultyDriver(driver).driver })
      await sibling.commit([planWrite('a:1'), planWrite('a:2')])
      await feed.until(() => expect(heard).toEqual(['a:own', 'a:1', 'a:2']))
      await feed.until(async () => expect(feed.state()).toEqual(await storeState(store)))
      undo()
      await feed.stop()
    },
  },
  {
    title: 'STO-4 no change is skipped while several stores commit at once',
    needsSibling: true,
    run: async ({ store, openSibling, patienceMs }) => {
      const stores = [store, await openSibling(), await openSibling()]
      const feeds = stores.map((each) => recordFeed(each, { patienceMs }))
      for (const feed of feeds) await feed.until(() => expect(feed.readyCount()).toBe(1))
      const work = async (each: CruxStore, name: string) => {
        for (let step = 0; step < 12; step++) {
          await each.commit([planWrite(`${name}:p${step}`), taskWrite(`${name}:l`, `t${step}`)])
        }
      }
      await Promise.all(stores.flatMap((each, index) => [work(each, `a${index}`), work(each, `b${index}`)]))
      const state = await storeState(store)
      expect(state.size).toBe(3 * 2 * 12 * 2)
      for (const feed of feeds) {
        await feed.until(() => expect(feed.state()).toEqual(state))
        expect(feed.batches.filter((batch) => batch.reset)).toHaveLength(1)
        // In order, and no commit split.
        const live = feed.batches.slice(feed.batches.findIndex((batch) => batch.ready) + 1)
        const positions = live.flatMap((batch) => batch.changes.map(({ seq }) => seq))
        expect(positions).toEqual(positions.toSorted((a, b) => a - b))
        for (const { changes } of live) expect(changes.length % 2).toBe(0)
        await feed.stop()
      }
    },
  },
  {
    title: 'STO-8 a commit that others overtook resolves after the listeners heard of theirs and of it',
    needsSibling: true,
    run: async ({ store, openSibling }) => {
      const sibling = await openSibling()
      const heard: string[] = []
      const undo = store.subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
      await store.commit([planWrite('a:first')])
      for (const round of ['1', '2', '3']) {
        await sibling.commit([planWrite(`a:theirs${round}`)])
        await store.commit([planWrite(`a:ours${round}`)])
        expect(heard.slice(-2)).toEqual([`a:theirs${round}`, `a:ours${round}`])
      }
      undo()
    },
  },
  {
    title: 'STO-0 getMany is all as of one position',
    needsSibling: true,
    run: async ({ store, openSibling }) => {
      const sibling = await openSibling()
      let { records } = await store.commit([listWrite('a:l'), planWrite('z:p')])
      const refs = records.map(({ entity, key }) => ({ entity, key }))
      let isOver = false
      const reading = (async () => {
        while (!isOver) {
          const found = await sibling.getMany(refs)
          expect(found[0]?.revision).toBe(found[1]?.revision)
        }
      })()
      for (let round = 0; round < 40; round++) records = (await store.commit(records.map(rewrite))).records
      isOver = true
      await reading
    },
  },
  {
    title: 'STO-5 a commit whose answer was lost is sent again, and written once',
    needsSibling: true,
    run: async ({ store, openSibling }) => {
      const { sibling, lose } = await losing(openSibling)
      lose(async () => {})
      const { records } = await sibling.commit([planWrite('a:p'), taskWrite('a:l', 't')])
      expect(await storeState(store)).toEqual(stateOf([{ changes: records }]))
      lose(async () => {})
      const again = await sibling.commit(records.map(rewrite))
      expect(again.records.map(({ revision }) => revision)).toEqual(
        records.map(({ revision }) => revision + 1),
      )
      expect(await storeState(store)).toEqual(stateOf([{ changes: again.records }]))
    },
  },
  {
    title: 'STO-5 a lost answer is found again although a later commit overwrote part of it',
    needsSibling: true,
    run: async ({ store, openSibling }) => {
      const { sibling, lose } = await losing(openSibling)
      lose(async () => {
        const plan = await store.get({ entity: 'plan', key: 'a:p' })
        if (plan !== undefined) await store.commit([rewrite(plan)])
      })
      const { records } = await sibling.commit([planWrite('a:p'), taskWrite('a:l', 't')])
      const [plan, task] = records
      expect(await store.get({ entity: 'task', key: 'a:l/t' })).toEqual(task)
      expect((await store.get({ entity: 'plan', key: 'a:p' }))?.revision).toBe((plan?.revision ?? 0) + 1)
      expect(plan?.seq).toBe((task?.seq ?? 0) - 1)
    },
  },
  {
    title: 'STO-5 a lost answer whose keys were all overwritten is unknown, never a conflict',
    needsSibling: true,
    run: async ({ store, openSibling }) => {
      const { sibling, lose } = await losing(openSibling)
      const first = await commitOne(store, planWrite('a:p'))
      lose(async () => {
        const plan = await store.get(first)
        if (plan !== undefined) await store.commit([rewrite(plan)])
      })
      await expect(sibling.commit([rewrite(first)])).rejects.toMatchObject({
        code: 'store-unavailable',
        details: { outcome: 'unknown' },
      })
      expect((await store.get(first))?.revision).toBe(first.revision + 2)
    },
  },
  {
    title: 'STO-5 a lost answer is the same although a purge moved the floor since',
    needsSibling: true,
    run: async ({ store, openSibling }) => {
      const { sibling, lose } = await losing(openSibling)
      let list = await commitOne(store, listWrite('a:old', { completedAt: 1 }))
      for (let round = 0; round < 3; round++) list = await commitOne(store, rewrite(list))
      lose(async () => void (await store.purge({ before: 2 })))
      const { records } = await sibling.commit([planWrite('a:p'), planWrite('a:q')])
      expect(await listAll(store)).toEqual(records)
    },
  },
  {
    title: 'STO-11 a list that changes while it is purged stays, with all its tasks',
    needsSibling: true,
    run: async ({ store, openSibling }) => {
      const { records } = await store.commit([listWrite('a:l', { completedAt: 1 }), ...taskWrites('a:l', 3)])
      const task = records[2]
      const sibling = await openSibling({
        wrap: (driver) => {
          const faulty = faultyDriver(driver)
          faulty.next('forget', async (execute) => {
            await store.commit([
              taskWrite('a:l', 't1', { label: 'changed' }, task?.revision),
              listWrite('a:l', {}, records[0]?.revision),
            ])
            return execute()
          })
          return faulty.driver
        },
      })
      expect(await sibling.purge({ before: 2 })).toBe(0)
      expect(await listAll(store)).toHaveLength(4)
      expect((await store.get({ entity: 'task', key: 'a:l/t1' }))?.value.label).toBe('changed')
    },
  },
  {
    title:
      'STO-11 a reader for whom something changed and was purged before it looked does not keep the old value',
    needsSibling: true,
    run: async ({ store, openSibling, patienceMs }) => {
      let release = () => {}
      const faulty = { isHolding: false, held: Promise.resolve() }
      const sibling = await openSibling({
        wrap: (driver) => {
          const wrapped = faultyDriver(driver)
          wrapped.always('since', async (execute) => {
            if (faulty.isHolding) await faulty.held
            return execute()
          })
          return wrapped.driver
        },
      })
      const { records } = await store.commit([listWrite('a:l'), taskWrite('a:l', 't'), planWrite('a:p')])
      const feed = recordFeed(sibling, { patienceMs })
      await feed.until(() => expect(feed.readyCount()).toBe(1))
      faulty.held = new Promise((resolve) => (release = resolve))
      faulty.isHolding = true
      await store.commit([listWrite('a:l', { completedAt: 1 }, records[0]?.revision)])
      await store.purge({ before: 2 })
      faulty.isHolding = false
      release()
      await feed.until(async () => expect(feed.state()).toEqual(await storeState(store)))
      expect([...feed.state().keys()]).toEqual(['plan a:p'])
      await feed.stop()
    },
  },
  {
    title: 'STO-12 an epoch that another store renewed resets the feeds and listeners of this one',
    needsSibling: true,
    run: async ({ store, openSibling, patienceMs }) => {
      const sibling = await openSibling()
      if (!('renewEpoch' in sibling)) return
      await store.commit([planWrite('a:p')])
      const resets: unknown[] = []
      const undo = store.subscribe((batch) => batch.reset === true && resets.push(batch))
      const feed = recordFeed(store, { patienceMs })
      await feed.until(() => expect(feed.readyCount()).toBe(1))
      await (sibling as { renewEpoch: () => Promise<void> }).renewEpoch()
      await feed.until(() => expect(feed.readyCount()).toBe(2))
      expect(resets).toEqual([{ changes: [], reset: true }])
      await sibling.commit([planWrite('a:q')])
      await feed.until(async () => expect(feed.state()).toEqual(await storeState(store)))
      undo()
      await feed.stop()
    },
  },
  {
    title: 'STO-5 silence ends as store-unavailable in time, and a refusal says that nothing was done',
    needsSibling: true,
    run: async ({ store, openSibling }) => {
      const { sibling, faulty } = await faultySibling(openSibling, 400)
      faulty.always('commit', () => new Promise(() => {}))
      faulty.always('read', () => new Promise(() => {}))
      const startedAt = performance.now()
      const results = await Promise.allSettled([
        sibling.commit([planWrite('a:p')]),
        sibling.commit([planWrite('a:q')]),
        sibling.get({ entity: 'plan', key: 'a:p' }),
      ])
      expect(performance.now() - startedAt).toBeLessThan(2_000)
      for (const result of results) {
        if (result.status === 'fulfilled') throw new Error('A call was answered by silence.')
        expect(CruxError.is(result.reason, 'store-unavailable')).toBe(true)
      }
      const refused = Object.assign(new Error('refused'), { outcome: 'none' })
      faulty.always('commit', () => Promise.reject(refused))
      await expect(sibling.commit([planWrite('a:p')])).rejects.toMatchObject({
        code: 'store-unavailable',
        details: { outcome: 'none' },
        cause: refused,
      })
      expect(await listAll(store)).toEqual([])
    },
  },
]

async function faultySibling(
  openSibling: Parameters<StoreContractCase['run']>[0]['openSibling'],
  timeoutMs: number,
) {
  let faulty: ReturnType<typeof faultyDriver> | undefined
  const sibling = await openSibling({
    timeoutMs,
    wrap: (driver) => {
      faulty = faultyDriver(driver)
      return faulty.driver
    },
  })
  if (faulty === undefined) throw new Error('openSibling did not use its wrap.')
  return { sibling, faulty }
}

/** A sibling whose next commit is executed, then `meanwhile` happens, then its answer is lost. */
async function losing(openSibling: Parameters<StoreContractCase['run']>[0]['openSibling']) {
  const { sibling, faulty } = await faultySibling(openSibling, 5_000)
  const lose = (meanwhile: () => Promise<void>) =>
    faulty.next('commit', async (execute) => {
      await execute()
      await meanwhile()
      throw new Error('connection reset')
    })
  return { sibling, lose }
}
