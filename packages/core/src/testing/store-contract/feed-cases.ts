import { expect } from 'vitest'
import type { CruxRecord, DurableCruxStore } from '../../store/index.ts'
import type { StoreContractCase, StoreContractContext } from './contract-case.ts'
import { commitOne, listWrite, planWrite, rewrite, taskWrite, taskWrites } from './example-writes.ts'
import { listAll, recordFeed, stateOf, storeState, type RecordedFeed } from './record-feed.ts'

/** What a feed promises. */
export const feedCases: readonly StoreContractCase[] = [
  {
    title: 'STO-6 a feed without a cursor is reset, snapshot in key order, ready with a cursor',
    run: async ({ store, patienceMs }) => {
      await store.commit([listWrite('a:l'), taskWrite('a:l', 'b'), taskWrite('a:l', 'a'), planWrite('a:l')])
      const feed = recordFeed(store, { patienceMs })
      await ready(feed)
      expect(feed.batches[0]?.reset).toBe(true)
      expect(feed.batches.filter((batch) => batch.reset)).toHaveLength(1)
      expect(feed.batches.at(-1)?.ready).toBe(true)
      expect(feed.batches.slice(0, -1).every((batch) => batch.cursor === undefined)).toBe(true)
      expect(feed.changes().map(({ key, entity }) => [key, entity])).toEqual([
        ['a:l', 'plan'],
        ['a:l', 'tasklist'],
        ['a:l/a', 'task'],
        ['a:l/b', 'task'],
      ])
      await feed.stop()
    },
  },
  {
    title: 'STO-6 an empty scope is reset and ready at once',
    run: async ({ store, patienceMs }) => {
      await commitOne(store, planWrite('b:p'))
      const feed = recordFeed(store.scope('a:'), { patienceMs })
      await ready(feed)
      expect(feed.changes()).toEqual([])
      expect(feed.batches[0]?.reset).toBe(true)
      expect(feed.cursor()).toBeTypeOf('string')
      await feed.stop()
    },
  },
  {
    title: 'STO-3 after ready comes each commit, whole and in order, with a cursor',
    run: async ({ store, patienceMs }) => {
      const feed = recordFeed(store, { patienceMs })
      await ready(feed)
      const live = feed.batches.length
      const commits: (readonly CruxRecord[])[] = []
      for (let index = 0; index < 5; index++) {
        commits.push((await store.commit([taskWrite('a:l', `t${index}`), planWrite(`a:p${index}`)])).records)
      }
      await feed.until(() => expect(feed.changes()).toHaveLength(10))
      expect(feed.changes()).toEqual(commits.flat())
      for (const batch of feed.batches.slice(live)) {
        expect(batch.cursor).toBeTypeOf('string')
        expect(batch.changes.length % 2).toBe(0)
      }
      await feed.stop()
    },
  },
  {
    title:
      'STO-3 a resume gives each changed key once, newest value, in position order, then ready, and no reset',
    run: async ({ store, patienceMs }) => {
      const records = [...(await store.commit(taskWrites('a:l', 6))).records]
      const feed = recordFeed(store, { patienceMs })
      await ready(feed)
      await feed.stop()
      for (const index of [4, 1, 4, 0, 1, 4]) {
        const record = records[index]
        if (record !== undefined) records[index] = await commitOne(store, rewrite(record))
      }
      const again = recordFeed(store, { after: feed.cursor(), patienceMs })
      await ready(again)
      expect(again.changes()).toEqual([records[0], records[1], records[4]])
      expect(again.batches.some((batch) => batch.reset)).toBe(false)
      expect(again.batches.every((batch) => batch.cursor !== undefined)).toBe(true)
      await again.stop()
    },
  },
  {
    title: 'STO-3 a resume with nothing missed is ready at once, with the cursor it came with',
    run: async ({ store, patienceMs }) => {
      const { cursor } = await store.commit([planWrite('a:p')])
      const feed = recordFeed(store, { after: cursor, patienceMs })
      await ready(feed)
      expect(feed.batches).toEqual([{ changes: [], cursor, ready: true }])
      await feed.stop()
    },
  },
  {
    title: 'STO-3 a large commit is never split between batches',
    run: async ({ store, patienceMs }) => {
      const { cursor } = await store.commit([planWrite('a:p')])
      for (const list of ['a:l1', 'a:l2', 'a:l3'])
        await store.commit([listWrite(list), ...taskWrites(list, 149)])
      const feed = recordFeed(store, { after: cursor, patienceMs })
      await ready(feed)
      expect(feed.changes()).toHaveLength(450)
      for (const { changes } of feed.batches) expect(changes.length % 150).toBe(0)
      await feed.stop()
    },
  },
  {
    title: 'STO-3 every cursor of a feed can be resumed from, and leads to the same state',
    run: async ({ store, patienceMs }) => {
      await store.commit([listWrite('a:l'), ...taskWrites('a:l', 3)])
      const feed = recordFeed(store.scope('a:'), { patienceMs })
      await ready(feed)
      for (let round = 0; round < 6; round++) {
        const records = await listAll(store.scope('a:'))
        await store.commit([
          ...records.slice(round % 3, (round % 3) + 2).map(rewrite),
          planWrite(`b:p${round}`),
        ])
      }
      await feed.until(async () => expect(feed.state()).toEqual(await storeState(store.scope('a:'))))
      for (const [index, { cursor }] of feed.batches.entries()) {
        if (cursor === undefined) continue
        const again = recordFeed(store.scope('a:'), { after: cursor, patienceMs })
        await ready(again)
        expect(again.batches.some((batch) => batch.reset)).toBe(false)
        expect(stateOf([...feed.batches.slice(0, index + 1), ...again.batches])).toEqual(feed.state())
        await again.stop()
      }
      await feed.stop()
    },
  },
  {
    title: 'STO-6 a cursor that does not fit starts with a snapshot',
    run: async ({ store, patienceMs }) => {
      const { cursor, records } = await store.scope('a:').commit([planWrite('a:p')])
      await store.commit([planWrite('a:b:p')])
      const [epoch = '', seq = ''] = cursor.split('.')
      const foreign = store.scope('a:b:').cursorAt(Number(seq))
      const cursors = [
        foreign,
        `${epoch}.${Number(seq) + 1_000}`,
        `x${epoch}.${seq}`,
        `${epoch}.-1`,
        `${epoch}.1e1`,
      ]
      for (const after of [
        ...cursors,
        '',
        '.',
        'x',
        `${epoch}`,
        `${cursor} `,
        `${epoch}.${'9'.repeat(30)}`,
        '\0',
        '💥',
      ]) {
        const feed = recordFeed(store.scope('a:'), { after, patienceMs })
        await ready(feed)
        expect([after, feed.batches[0]?.reset]).toEqual([after, true])
        expect(feed.changes()).toContainEqual(records[0])
        await feed.stop()
      }
      expect(store.scope('a:').cursorAt(Number(seq))).toBe(cursor)
    },
  },
  {
    title: 'STO-10 far behind, a scope is caught up without a reset and without a cursor before ready',
    run: async ({ store, patienceMs }) => {
      const { cursor } = await store.scope('a:').commit([planWrite('a:old')])
      await store.commit(taskWrites('b:l', 1_200))
      const changed = await store.commit([listWrite('a:l'), ...taskWrites('a:l', 4)])
      const feed = recordFeed(store.scope('a:'), { after: cursor, patienceMs })
      await ready(feed)
      expect(feed.batches.some((batch) => batch.reset)).toBe(false)
      expect(feed.batches.slice(0, -1).some((batch) => batch.cursor !== undefined)).toBe(false)
      expect(feed.state()).toEqual(stateOf([{ changes: changed.records }]))
      await feed.stop()
    },
  },
  {
    title: 'STO-10 far behind, the whole store is read on by position, with cursors',
    run: async ({ store, patienceMs }) => {
      const { cursor } = await store.commit([planWrite('a:old')])
      for (const list of ['b:l', 'a:l', 'c:l']) await store.commit(taskWrites(list, 400))
      const feed = recordFeed(store, { after: cursor, patienceMs })
      await ready(feed)
      const positions = feed.changes().map(({ seq }) => seq)
      expect(positions).toHaveLength(1_200)
      expect(positions).toEqual(positions.toSorted((a, b) => a - b))
      expect(feed.batches.every((batch) => batch.cursor !== undefined && !batch.reset)).toBe(true)
      await feed.stop()
    },
  },
  {
    title: 'STO-10 a reader that stops reading gets the newest of what it missed, and then is live again',
    run: async ({ store }) => {
      const abort = new AbortController()
      const feed = store.changes({ signal: abort.signal })[Symbol.asyncIterator]()
      let batch = await feed.next()
      while (batch.done !== true && !batch.value.ready) batch = await feed.next()
      let { records } = await store.commit([listWrite('a:l'), ...taskWrites('a:l', 149)])
      for (let round = 0; round < 12; round++) records = (await store.commit(records.map(rewrite))).records
      const seen: CruxRecord[] = []
      while (seen.at(-1)?.seq !== records.at(-1)?.seq) {
        batch = await feed.next()
        if (batch.done !== true) seen.push(...batch.value.changes)
      }
      expect(seen.length).toBeLessThan(12 * 150)
      expect([...stateOf([{ changes: seen }]).values()]).toEqual(records)
      const next = feed.next()
      const record = await commitOne(store, planWrite('a:p'))
      expect((await next).value?.changes).toEqual([record])
      abort.abort()
      expect((await feed.next()).done).toBe(true)
    },
  },
  {
    title: 'STO-6 what changes during a snapshot is in it or comes right after, before ready',
    run: async ({ store }) => {
      let { records } = await store.commit([listWrite('a:l'), ...taskWrites('a:l', 900)])
      const abort = new AbortController()
      const feed = store.changes({ signal: abort.signal })[Symbol.asyncIterator]()
      const batches = []
      while (batches.at(-1)?.ready !== true) {
        const { value, done } = await feed.next()
        if (done === true || value === undefined) throw new Error('The feed ended.')
        batches.push(value)
        // The snapshot has five pages: these changes fall before and behind what was read of it.
        if (batches.length > 3) continue
        const edges = await store.commit([
          ...[...records.slice(0, 2), ...records.slice(-2)].map(rewrite),
          taskWrite('a:l', `late${batches.length}`),
          planWrite(`a:p${batches.length}`),
        ])
        records = [...edges.records.slice(0, 2), ...records.slice(2, -2), ...edges.records.slice(2, 4)]
      }
      expect(batches.length).toBeGreaterThan(4)
      expect(stateOf(batches)).toEqual(await storeState(store))
      abort.abort()
      expect((await feed.next()).done).toBe(true)
    },
  },
  {
    title: 'STO-3 a feed ends without an error on abort, on close of its view and on close of the store',
    run: async ({ store, patienceMs }) => {
      const view = store.scope('a:')
      const feeds = [recordFeed(store, { patienceMs }), recordFeed(view, { patienceMs })] as const
      for (const feed of feeds) await ready(feed)
      await view.close()
      await commitOne(store, planWrite('a:p'))
      await feeds[0].until(() => expect(feeds[0].changes()).toHaveLength(1))
      expect(feeds[1].changes()).toEqual([])
      await expect(view.get({ entity: 'plan', key: 'a:p' })).rejects.toMatchObject({ code: 'closed' })
      await store.close()
      await feeds[0].stop()
      await feeds[1].stop()
    },
  },
  {
    title: 'STO-12 after renewEpoch every feed starts over, and listeners hear a reset',
    run: async (context) => {
      const { patienceMs } = context
      const store = durable(context)
      if (store === undefined) return
      const { cursor } = await store.commit([planWrite('a:p')])
      const heard: boolean[] = []
      const undo = store.subscribe((batch) => heard.push(batch.reset === true))
      const feeds = [recordFeed(store, { patienceMs }), recordFeed(store.scope('a:'), { patienceMs })]
      for (const feed of feeds) await ready(feed)
      await store.renewEpoch()
      for (const feed of feeds) {
        await feed.until(() => expect(feed.readyCount()).toBe(2))
        expect(feed.batches.filter((batch) => batch.reset)).toHaveLength(2)
        expect(feed.state()).toEqual(await storeState(store))
      }
      expect(heard).toContain(true)
      const late = recordFeed(store, { after: cursor, patienceMs })
      await ready(late)
      expect(late.batches[0]?.reset).toBe(true)
      undo()
      await late.stop()
      for (const feed of feeds) await feed.stop()
    },
  },
]

function ready(feed: RecordedFeed): Promise<void> {
  return feed.until(() => expect(feed.readyCount()).toBeGreaterThan(0))
}

function durable({ store }: StoreContractContext): DurableCruxStore | undefined {
  return 'renewEpoch' in store ? (store as DurableCruxStore) : undefined
}
