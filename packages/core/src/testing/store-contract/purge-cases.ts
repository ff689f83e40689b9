import { expect } from 'vitest'
import type { StoreContractCase } from './contract-case.ts'
import { commitOne, listWrite, planWrite, rewrite, taskWrite, taskWrites } from './example-writes.ts'
import { listAll, recordFeed } from './record-feed.ts'

/** What purging promises. */
export const purgeCases: readonly StoreContractCase[] = [
  {
    title: 'STO-11 purge forgets lists that ended before the time, with their tasks, and nothing else',
    run: async ({ store }) => {
      await store.commit([
        listWrite('a:done', { status: 'completed', completedAt: 1_000 }),
        ...taskWrites('a:done', 3),
        listWrite('a:dropped', { status: 'discarded', completedAt: 5_000, discardedAt: 1_500 }),
        ...taskWrites('a:dropped', 2),
        listWrite('a:late', { status: 'completed', completedAt: 2_000 }),
        taskWrite('a:late', 't'),
        listWrite('a:again', { status: 'discarded', completedAt: 500, discardedAt: 2_500 }),
        listWrite('a:open'),
        taskWrite('a:open', 't'),
        // Beside `a:done` in byte order, and not its tasks.
        listWrite('a:done-too'),
        taskWrite('a:done-too', 't'),
        planWrite('a:done'),
      ])
      expect(await store.purge({ before: 2_000 })).toBe(7)
      expect((await listAll(store)).map(({ key, entity }) => `${key} ${entity}`)).toEqual([
        'a:again tasklist',
        'a:done plan',
        'a:done-too tasklist',
        'a:done-too/t task',
        'a:late tasklist',
        'a:late/t task',
        'a:open tasklist',
        'a:open/t task',
      ])
      expect(await store.purge({ before: 2_000 })).toBe(0)
    },
  },
  {
    title: 'STO-11 a plan is forgotten once it is discarded and no list has its planId',
    run: async ({ store }) => {
      await store.commit([
        planWrite('a:gone', { discardedAt: 1_000 }),
        planWrite('a:used', { discardedAt: 1_000 }),
        planWrite('a:kept'),
        listWrite('b:l', { planId: 'a:used' }),
        listWrite('a:ended', { planId: 'a:freed', completedAt: 1_000 }),
        planWrite('a:freed', { discardedAt: 1_000 }),
      ])
      expect(await store.scope('a:').purge({ before: 2_000 })).toBe(3)
      expect((await listAll(store)).map(({ key }) => key)).toEqual(['a:kept', 'a:used', 'b:l'])
    },
  },
  {
    title: 'STO-11 purge of a scope or prefix leaves the rest',
    run: async ({ store }) => {
      const ended = { status: 'completed', completedAt: 1 } as const
      await store.commit([
        listWrite('a:l', ended),
        listWrite('a:m', ended),
        listWrite('ab:l', ended),
        listWrite('b:l', ended),
      ])
      expect(await store.scope('a:').purge({ before: 2, prefix: 'l' })).toBe(1)
      expect((await listAll(store)).map(({ key }) => key)).toEqual(['a:m', 'ab:l', 'b:l'])
      expect(await store.purge({ before: 2, prefix: 'a:' })).toBe(1)
      expect(await store.purge({ before: 2 })).toBe(2)
    },
  },
  {
    title: 'STO-2 revisions never restart after a purge',
    run: async ({ store }) => {
      let { records } = await store.commit([listWrite('a:l', { completedAt: 1 }), taskWrite('a:l', 't')])
      for (let round = 0; round < 4; round++) records = (await store.commit(records.map(rewrite))).records
      // The list has the highest revision of all, and the task the highest position.
      const [list, task] = records
      if (list === undefined || task === undefined)
        throw new Error('A commit of two writes gave fewer records.')
      const last = await store.commit([rewrite(list)])
      expect(await store.purge({ before: 2 })).toBe(2)
      expect(await store.get(task)).toBeUndefined()
      const again = await store.commit([taskWrite('a:l', 't'), listWrite('a:l')])
      for (const record of again.records) {
        expect(record.revision).toBeGreaterThan(last.records[0]?.revision ?? Infinity)
        expect(record.seq).toBeGreaterThan(last.records[0]?.seq ?? Infinity)
      }
      expect(await store.getMany(again.records)).toEqual(again.records)
    },
  },
  {
    title: 'STO-11 a writer that holds a revision from before the purge loses, and brings nothing back',
    run: async ({ store }) => {
      const { records } = await store.commit([listWrite('a:l', { completedAt: 1 }), taskWrite('a:l', 't')])
      await store.purge({ before: 2 })
      for (const record of records) {
        await expect(store.commit([rewrite(record)])).rejects.toMatchObject({ code: 'conflict' })
      }
      expect(await listAll(store)).toEqual([])
    },
  },
  {
    title: 'STO-11 a cursor below what was forgotten starts with a snapshot, one above it does not',
    run: async ({ store, patienceMs }) => {
      const old = await store.commit([planWrite('a:p')])
      const later = await store.commit([listWrite('a:l', { completedAt: 1 }), taskWrite('a:l', 't')])
      await store.purge({ before: 2 })
      const away = recordFeed(store, { after: old.cursor, patienceMs })
      await away.until(() => expect(away.readyCount()).toBe(1))
      expect(away.batches[0]?.reset).toBe(true)
      expect([...away.state().keys()]).toEqual(['plan a:p'])
      const near = recordFeed(store, { after: later.cursor, patienceMs })
      await near.until(() => expect(near.readyCount()).toBe(1))
      expect(near.batches).toEqual([{ changes: [], cursor: later.cursor, ready: true }])
      await away.stop()
      await near.stop()
    },
  },
  {
    title: 'STO-11 a purge is not a change: followers keep what they have',
    run: async ({ store, patienceMs }) => {
      await store.commit([listWrite('a:l', { completedAt: 1 }), taskWrite('a:l', 't')])
      const feed = recordFeed(store, { patienceMs })
      await feed.until(() => expect(feed.readyCount()).toBe(1))
      await store.purge({ before: 2 })
      const record = await commitOne(store, planWrite('a:p'))
      await feed.until(() => expect(feed.changes()).toContainEqual(record))
      expect(feed.state().size).toBe(3)
      expect(feed.readyCount()).toBe(1)
      await feed.stop()
    },
  },
]
