import { expect } from 'vitest'
import { CruxError } from '../../errors/index.ts'
import type { CruxRecord } from '../../store/index.ts'
import type { StoreContractCase } from './contract-case.ts'
import { commitOne, listWrite, planWrite, rewrite, taskWrite, taskWrites } from './example-writes.ts'
import { listAll, recordFeed } from './record-feed.ts'

/** What a commit promises. */
export const commitCases: readonly StoreContractCase[] = [
  {
    title: 'STO-1 a commit is there, whole, when its promise resolves',
    run: async ({ store }) => {
      const { records } = await store.commit([listWrite('a:l'), ...taskWrites('a:l', 50)])
      expect(records).toHaveLength(51)
      expect(await store.getMany(records)).toEqual(records)
      expect(await listAll(store)).toHaveLength(51)
    },
  },
  {
    title: 'STO-1 positions of a commit are consecutive and in the order given',
    run: async ({ store }) => {
      const first = await store.commit([taskWrite('a:l', 'z'), taskWrite('a:l', 'a'), listWrite('a:l')])
      const second = await store.commit(first.records.map(rewrite).toReversed())
      const base = first.records[0]?.seq ?? 0
      expect(base).toBeGreaterThan(0)
      expect(first.records.map(({ key, seq }) => [key, seq - base])).toEqual([
        ['a:l/z', 0],
        ['a:l/a', 1],
        ['a:l', 2],
      ])
      expect(second.records.map(({ key }) => key)).toEqual(['a:l', 'a:l/a', 'a:l/z'])
      const [next = 0, ...others] = second.records.map(({ seq }) => seq)
      expect(next).toBeGreaterThan(base + 2)
      expect(others).toEqual([next + 1, next + 2])
      expect(await store.getMany(second.records)).toEqual(second.records)
    },
  },
  {
    title: 'STO-1 with one stale revision nothing is written, and the conflict names the key',
    run: async ({ store }) => {
      const { records } = await store.commit([listWrite('a:l'), taskWrite('a:l', 't')])
      const [list, task] = records
      if (list === undefined || task === undefined)
        throw new Error('A commit of two writes gave fewer records.')
      await store.commit([rewrite(task)])
      const before = await listAll(store)
      for (const writes of [
        [taskWrite('a:l', 'new'), rewrite(list), rewrite(task)],
        [rewrite(task), taskWrite('a:l', 'new'), rewrite(list)],
      ]) {
        await expect(store.commit(writes)).rejects.toMatchObject({
          code: 'conflict',
          message: expect.stringContaining('a:l/t'),
          details: { entity: 'task', key: 'a:l/t' },
        })
        expect(await listAll(store)).toEqual(before)
      }
    },
  },
  {
    title: 'STO-1 a key that should be new but exists, and one that should exist but does not, are conflicts',
    run: async ({ store }) => {
      await commitOne(store, planWrite('a:p'))
      await expect(store.commit([planWrite('a:p')])).rejects.toMatchObject({ code: 'conflict' })
      await expect(store.commit([planWrite('a:q', {}, 1)])).rejects.toMatchObject({ code: 'conflict' })
      expect(await store.get({ entity: 'plan', key: 'a:q' })).toBeUndefined()
    },
  },
  {
    title: 'STO-1 a key twice in one commit is invalid-value',
    run: async ({ store }) => {
      const plan = planWrite('a:p')
      for (const writes of [
        [plan, plan],
        [plan, listWrite('a:p'), plan],
      ]) {
        await expect(store.commit(writes)).rejects.toMatchObject({
          code: 'invalid-value',
          message: expect.stringContaining('a:p'),
        })
      }
      expect(await listAll(store)).toEqual([])
    },
  },
  {
    title: 'STO-1 more than 20,000 writes or 16 MiB of values are too-large',
    run: async ({ store }) => {
      const refused = expect.objectContaining({ code: 'too-large' })
      await expect(store.commit(taskWrites('a:l', 20_001))).rejects.toEqual(refused)
      const content = 'x'.repeat(250_000)
      const many = Array.from({ length: 68 }, (_, index) => planWrite(`a:p${index}`, { content }))
      await expect(store.commit(many)).rejects.toEqual(refused)
      expect(await listAll(store)).toEqual([])
    },
  },
  {
    title: 'STO-1 an empty commit writes nothing and answers the cursor of the head',
    run: async ({ store, patienceMs }) => {
      const { records } = await store.commit([planWrite('a:p')])
      const empty = await store.commit([])
      expect(empty.records).toEqual([])
      const feed = recordFeed(store, { after: empty.cursor, patienceMs })
      await feed.until(() => expect(feed.readyCount()).toBe(1))
      expect(feed.batches).toEqual([{ changes: [], cursor: empty.cursor, ready: true }])
      expect((await commitOne(store, planWrite('a:q'))).seq).toBe((records[0]?.seq ?? 0) + 1)
      await feed.stop()
    },
  },
  {
    title: 'STO-2 revisions go up by one with each write of a key',
    run: async ({ store }) => {
      let record: CruxRecord = await commitOne(store, planWrite('a:p'))
      const first = record.revision
      expect(first).toBeGreaterThan(0)
      for (let step = 1; step <= 5; step++) {
        record = await commitOne(store, rewrite(record))
        expect(record.revision).toBe(first + step)
      }
      await commitOne(store, planWrite('a:q'))
      expect((await store.get({ entity: 'plan', key: 'a:p' }))?.revision).toBe(first + 5)
    },
  },
  {
    title: 'STO-9 of concurrent writes at one revision exactly one succeeds, and no update is lost',
    run: async ({ store }) => {
      await commitOne(store, planWrite('a:p', { version: 0 }))
      const increment = async () => {
        for (;;) {
          const record = await store.get({ entity: 'plan', key: 'a:p' })
          if (record === undefined) throw new Error('The plan is gone.')
          try {
            await store.commit([planWrite('a:p', { version: record.value.version + 1 }, record.revision)])
            return
          } catch (error) {
            if (!CruxError.is(error, 'conflict')) throw error
          }
        }
      }
      await Promise.all(Array.from({ length: 12 }, increment))
      expect(await store.get({ entity: 'plan', key: 'a:p' })).toMatchObject({ value: { version: 12 } })
    },
  },
  {
    title: 'STO-20 commits that go together succeed or fail alone',
    run: async ({ store }) => {
      const taken = await commitOne(store, planWrite('a:taken'))
      const results = await Promise.allSettled(
        Array.from({ length: 60 }, (_, index) =>
          store.commit(
            index % 3 === 0
              ? [planWrite(`a:p${index}`), planWrite('a:taken', {}, taken.revision + 1 + (index % 2))]
              : [planWrite(`a:p${index}`), listWrite(`a:l${index}`)],
          ),
        ),
      )
      expect(results.map(({ status }) => status)).toEqual(
        results.map((_, index) => (index % 3 === 0 ? 'rejected' : 'fulfilled')),
      )
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'conflict' })
      }
      const records = results.flatMap((result) => (result.status === 'fulfilled' ? result.value.records : []))
      expect(await store.getMany(records)).toEqual(records)
      expect(await listAll(store)).toHaveLength(records.length + 1)
      expect(new Set(records.map(({ seq }) => seq)).size).toBe(records.length)
    },
  },
  {
    title: 'STO-20 a commit in a group is judged after those before it',
    run: async ({ store }) => {
      const { revision } = await commitOne(store, planWrite('a:p'))
      const results = await Promise.allSettled([
        store.commit([planWrite('a:p', { title: 'first' }, revision)]),
        store.commit([planWrite('a:p', { title: 'second' }, revision), planWrite('a:q')]),
        store.commit([planWrite('a:p', { title: 'third' }, revision + 1)]),
      ])
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(await store.get({ entity: 'plan', key: 'a:p' })).toMatchObject({ value: { title: 'third' } })
      expect(await store.get({ entity: 'plan', key: 'a:q' })).toBeUndefined()
    },
  },
  {
    title: 'STO-8 a commit resolves after its batch was handed to the listeners of this store',
    run: async ({ store }) => {
      const heard: string[] = []
      const undo = store.subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
      for (const key of ['a:1', 'a:2', 'a:3']) {
        await store.commit([planWrite(key), listWrite(key)])
        expect(heard.slice(-2)).toEqual([key, key])
      }
      undo()
      await store.commit([planWrite('a:4')])
      expect(heard).toHaveLength(6)
    },
  },
  {
    title: 'STO-8 a listener that never heard of the store hears the very first commit',
    run: async ({ store }) => {
      const heard: string[] = []
      const undo = store.scope('a:').subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
      await Promise.all([
        store.commit([planWrite('a:1')]),
        store.commit([planWrite('b:1')]),
        store.commit([planWrite('a:2')]),
      ])
      expect(heard).toEqual(['a:1', 'a:2'])
      undo()
    },
  },
  {
    title: 'STO-1 what is committed after close is refused as closed, and what was under way is finished',
    run: async ({ store }) => {
      const underWay = store.commit([planWrite('a:p')])
      const closing = store.close()
      await expect(store.commit([planWrite('a:q')])).rejects.toMatchObject({ code: 'closed' })
      await expect(store.get({ entity: 'plan', key: 'a:p' })).rejects.toMatchObject({ code: 'closed' })
      expect((await underWay).records).toHaveLength(1)
      await closing
      await store.close()
    },
  },
]
