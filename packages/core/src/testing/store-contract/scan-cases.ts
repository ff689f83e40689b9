import { expect } from 'vitest'
import type { StoreContractCase } from './contract-case.ts'
import { commitOne, listWrite, planWrite, rewrite, taskWrite, taskWrites } from './example-writes.ts'
import { listAll } from './record-feed.ts'

/** What listing promises. */
export const scanCases: readonly StoreContractCase[] = [
  {
    title: 'STO-7 pages of any size cover each key exactly once, in byte order of key and entity',
    run: async ({ store }) => {
      const ids = [
        'A',
        'B',
        'Z',
        'a',
        'b',
        'z',
        '0',
        '9',
        '_',
        '.',
        '~',
        '-',
        'a-',
        'a.',
        'a0',
        'aB',
        'ab',
        'a_',
        'a~',
        'zz',
      ]
      await store.commit(
        ids.flatMap((id) => [listWrite(`s:${id}`), planWrite(`s:${id}`), taskWrite(`s:${id}`, 'T')]),
      )
      const expected = ids
        .flatMap((id) => [`s:${id} plan`, `s:${id} tasklist`, `s:${id}/T task`])
        .toSorted((a, b) => (a < b ? -1 : 1))
      for (const limit of [1, 7, 20, 59, 60, 61, 500]) {
        const records = await listAll(store, limit)
        expect(records.map(({ key, entity }) => `${key} ${entity}`)).toEqual(expected)
      }
    },
  },
  {
    title: 'STO-7 nothing is cut off silently, however much there is',
    run: async ({ store }) => {
      await store.commit([listWrite('a:l'), ...taskWrites('a:l', 2_400)])
      expect(await listAll(store)).toHaveLength(2_401)
      expect(await listAll(store.scope('a:'), 499)).toHaveLength(2_401)
      const { records, next } = await store.list({ prefix: 'a:l/' })
      expect(records).toHaveLength(100)
      expect(next).toBeTypeOf('string')
    },
  },
  {
    title: 'STO-7 the last page has no next, also when it is exactly full',
    run: async ({ store }) => {
      await store.commit(taskWrites('a:l', 10))
      const { records, next } = await store.list({ limit: 10 })
      expect(records).toHaveLength(10)
      if (next !== undefined) expect(await store.list({ limit: 10, after: next })).toEqual({ records: [] })
      expect(await store.list({ prefix: 'nothing' })).toEqual({ records: [] })
    },
  },
  {
    title: 'STO-0 an entity can be picked',
    run: async ({ store }) => {
      await store.commit([planWrite('a:p'), listWrite('a:l'), ...taskWrites('a:l', 3)])
      expect((await store.list({ entity: 'plan' })).records.map(({ key }) => key)).toEqual(['a:p'])
      expect((await store.list({ entity: 'tasklist' })).records.map(({ key }) => key)).toEqual(['a:l'])
      const tasks = await store.list({ entity: 'task', limit: 2 })
      expect(tasks.records.map(({ key }) => key)).toEqual(['a:l/t0', 'a:l/t1'])
      const rest = await store.list({
        entity: 'task',
        limit: 2,
        ...(tasks.next !== undefined && { after: tasks.next }),
      })
      expect(rest.records.map(({ key }) => key)).toEqual(['a:l/t2'])
    },
  },
  {
    title: 'STO-7 a prefix is no pattern: wild cards and letter case mean nothing',
    run: async ({ store }) => {
      for (const key of ['a_b:p', 'axb:p', 'A_B:p', 'a_b:P', 'a_bc:p', 'a-b:p', 'a.b:p'])
        await commitOne(store, planWrite(key))
      const keys = async (prefix: string) => (await store.list({ prefix })).records.map(({ key }) => key)
      expect(await keys('a_b:')).toEqual(['a_b:P', 'a_b:p'])
      expect(await keys('a_b:p')).toEqual(['a_b:p'])
      expect(await keys('a.b:')).toEqual(['a.b:p'])
      expect(await keys('A_B:')).toEqual(['A_B:p'])
      expect((await store.scope('a_b:').list()).records.map(({ key }) => key)).toEqual(['a_b:P', 'a_b:p'])
    },
  },
  {
    title: 'STO-7 a scan covers each key once although records are written, added and removed meanwhile',
    run: async ({ store }) => {
      const { records } = await store.commit(taskWrites('a:l', 300))
      const seen: string[] = []
      let after: string | undefined
      let current = records
      do {
        const page = await store.list({ limit: 40, ...(after !== undefined && { after }) })
        seen.push(...page.records.map(({ key }) => key))
        after = page.next
        current = (await store.commit(current.map(rewrite))).records
        await store.commit([taskWrite('a:l', `before${seen.length}`), planWrite(`a:k${seen.length}`)])
      } while (after !== undefined)
      expect(new Set(seen).size).toBe(seen.length)
      const old = new Set(records.map(({ key }) => key))
      expect(seen.filter((key) => old.has(key))).toHaveLength(300)
    },
  },
  {
    title: 'STO-0 limit is 1 to 500, and an after that cannot be read is invalid-value',
    run: async ({ store }) => {
      await store.commit(taskWrites('a:l', 3))
      const refused = expect.objectContaining({ code: 'invalid-value' })
      for (const limit of [0, -1, 501, 1.5, Number.NaN, Infinity])
        await expect(store.list({ limit })).rejects.toEqual(refused)
      const { next = '' } = await store.list({ limit: 1 })
      for (const after of ['', 'x', `${next}x`, next.slice(1), '\0', "' or 1=1 --", '{}']) {
        await expect(store.list({ limit: 1, after })).rejects.toEqual(refused)
      }
      await expect(store.scope('a:').list({ limit: 1, after: next })).rejects.toEqual(refused)
      await expect(store.list({ entity: 'plan', limit: 1, after: next })).rejects.toEqual(refused)
    },
  },
]
