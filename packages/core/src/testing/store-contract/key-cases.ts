import { expect } from 'vitest'
import type { StoreContractCase } from './contract-case.ts'
import { commitOne, listWrite, planWrite, taskWrite, taskWrites } from './example-writes.ts'
import { listAll, recordFeed } from './record-feed.ts'

/** Names of scopes that a careless comparison takes for one another: beginnings, wild cards, letter case. */
const neighbours = [
  'a:',
  'a:b:',
  'ab:',
  'A:',
  'a_:',
  'a_b:',
  'axb:',
  'a.b:',
  'a~:',
  'a-:',
  '_:',
  'a:a:',
] as const

/** Keys, scopes and values: what may be stored, and who sees it. */
export const keyCases: readonly StoreContractCase[] = [
  {
    title: 'STO-0 keys are absolute, in every view',
    run: async ({ store }) => {
      const view = store.scope('a:').scope('b:')
      expect(view.scopePrefix).toBe('a:b:')
      const record = await commitOne(view, planWrite('a:b:p'))
      expect(await view.get({ entity: 'plan', key: 'a:b:p' })).toEqual(record)
      expect(await store.get({ entity: 'plan', key: 'a:b:p' })).toEqual(record)
    },
  },
  {
    title: 'STO-0 what lies outside a view is out-of-scope, and nothing of it is written',
    run: async ({ store }) => {
      await commitOne(store, planWrite('b:p'))
      const view = store.scope('a:')
      const refused = expect.objectContaining({ code: 'out-of-scope' })
      await expect(view.get({ entity: 'plan', key: 'b:p' })).rejects.toEqual(refused)
      await expect(view.getMany([{ entity: 'plan', key: 'p' }])).rejects.toEqual(refused)
      await expect(view.commit([planWrite('a:q'), planWrite('b:q')])).rejects.toEqual(refused)
      await expect(view.list({ prefix: 'b:' })).rejects.toEqual(refused)
      await expect(view.purge({ before: 1, prefix: 'b:' })).rejects.toEqual(refused)
      expect(await listAll(store)).toHaveLength(1)
    },
  },
  {
    title: 'STO-0 a prefix is relative without a colon and absolute with one',
    run: async ({ store }) => {
      const view = store.scope('a:')
      await view.commit([
        listWrite('a:l1'),
        ...taskWrites('a:l1', 2),
        listWrite('a:l10'),
        listWrite('a:b:l1'),
      ])
      const keys = async (prefix: string) => (await view.list({ prefix })).records.map((record) => record.key)
      expect(await keys('l1/')).toEqual(['a:l1/t0', 'a:l1/t1'])
      expect(await keys('a:l1/')).toEqual(['a:l1/t0', 'a:l1/t1'])
      expect(await keys('l1')).toEqual(['a:l1', 'a:l1/t0', 'a:l1/t1', 'a:l10'])
      expect(await keys('a:b:')).toEqual(['a:b:l1'])
      expect(await keys('')).toHaveLength(5)
      expect(await keys('none')).toEqual([])
    },
  },
  {
    title: 'ENT-3 a key or scope with any other character is invalid-id',
    run: async ({ store }) => {
      for (const key of ['', 'a b', 'a%', 'a*', 'a\0', 'é', 'a::b', ':a', 'a/b', 'x'.repeat(129)]) {
        const refused = expect.objectContaining({ code: 'invalid-id' })
        await expect(store.commit([planWrite(key)])).rejects.toEqual(refused)
        await expect(store.get({ entity: 'plan', key })).rejects.toEqual(refused)
      }
      expect(() => store.scope('a')).toThrow(expect.objectContaining({ code: 'invalid-id' }))
      await expect(store.list({ prefix: '%' })).rejects.toMatchObject({ code: 'invalid-id' })
    },
  },
  {
    title: 'ENT-3 the longest key works',
    run: async ({ store }) => {
      const key = `${'x'.repeat(127)}:`.repeat(3) + 'y'.repeat(128)
      const record = await commitOne(store, planWrite(key))
      expect(key).toHaveLength(512)
      expect(await listAll(store)).toEqual([record])
    },
  },
  {
    title: 'STO-0 entities of different kinds may share a key',
    run: async ({ store }) => {
      await store.commit([planWrite('a:x'), listWrite('a:x')])
      const refs = [
        { entity: 'tasklist', key: 'a:x' },
        { entity: 'plan', key: 'a:x' },
      ] as const
      expect((await store.getMany(refs)).map((record) => record?.entity)).toEqual(['tasklist', 'plan'])
      expect((await listAll(store)).map((record) => record.entity)).toEqual(['plan', 'tasklist'])
    },
  },
  {
    title: 'STO-0 getMany answers in the order asked, undefined for what is not there',
    run: async ({ store }) => {
      await store.commit([planWrite('a:1'), planWrite('a:2')])
      const refs = ['a:2', 'a:none', 'a:1', 'a:2'].map((key) => ({ entity: 'plan', key }) as const)
      expect((await store.getMany(refs)).map((record) => record?.key)).toEqual([
        'a:2',
        undefined,
        'a:1',
        'a:2',
      ])
      expect(await store.getMany([])).toEqual([])
    },
  },
  {
    title: 'REL-23 no scope sees another, whatever their names',
    run: async ({ store, patienceMs }) => {
      const heard = new Map<string, string[]>(neighbours.map((scope) => [scope, []]))
      const undos = neighbours.map((scope) =>
        store
          .scope(scope)
          .subscribe(({ changes }) => heard.get(scope)?.push(...changes.map(({ key }) => key))),
      )
      const before = neighbours.map((scope) => recordFeed(store.scope(scope), { patienceMs }))
      for (const scope of neighbours)
        await store.scope(scope).commit([planWrite(`${scope}p`), listWrite(`${scope}l`)])
      for (const [index, scope] of neighbours.entries()) {
        const own = neighbours
          .filter((other) => other.startsWith(scope))
          .flatMap((other) => [`${other}p`, `${other}l`])
          .sort()
        expect((await listAll(store.scope(scope))).map(({ key }) => key).sort()).toEqual(own)
        expect(heard.get(scope)?.toSorted()).toEqual(own)
        await before[index]?.until(() =>
          expect([...(before[index]?.state().values() ?? [])].map(({ key }) => key).sort()).toEqual(own),
        )
        const late = recordFeed(store.scope(scope), { patienceMs })
        await late.until(() => expect(late.readyCount()).toBe(1))
        expect(
          late
            .changes()
            .map(({ key }) => key)
            .sort(),
        ).toEqual(own)
        await late.stop()
      }
      for (const feed of before) await feed.stop()
      for (const undo of undos) undo()
    },
  },
  {
    title: 'ENT-4 any JSON text comes back as it was, NUL and lone surrogates too',
    run: async ({ store }) => {
      const metadata = {
        nul: 'a\0b',
        half: '\ud83d',
        whole: '\u{1f680}',
        lines: 'a\r\nb\u2028c',
        quotes: `'";--\\`,
        percent: '%s $1 ${x} {{y}}',
        empty: { list: [], object: {}, text: '', none: null },
        numbers: [0, -1.5e-300, Number.MAX_SAFE_INTEGER, 1.7976931348623157e308],
        ' odd key\0': true,
      }
      const record = await commitOne(store, planWrite('a:p', { metadata }))
      expect(record.value).toStrictEqual(planWrite('a:p', { metadata }).value)
      expect(await store.get({ entity: 'plan', key: 'a:p' })).toStrictEqual(record)
      expect(await listAll(store)).toStrictEqual([record])
    },
  },
  {
    title: 'ENT-4 what is not JSON is invalid-value with its path, and nothing is written',
    run: async ({ store }) => {
      // Programs in plain JavaScript can do this.
      const metadata = { when: new Date(0) } as never
      await expect(store.commit([planWrite('a:ok'), planWrite('a:p', { metadata })])).rejects.toMatchObject({
        code: 'invalid-value',
        message: expect.stringContaining('$.metadata.when'),
      })
      expect(await listAll(store)).toEqual([])
    },
  },
  {
    title: 'ENT-4 changing what was given, or what was handed out, changes nothing stored',
    run: async ({ store, patienceMs }) => {
      const metadata = { deep: { list: [1] } }
      const write = planWrite('a:p', { metadata })
      const feed = recordFeed(store, { patienceMs })
      const handed: unknown[] = []
      const undo = store.subscribe(({ changes }) => handed.push(...changes))
      handed.push(await commitOne(store, write))
      const before = JSON.stringify(await store.get({ entity: 'plan', key: 'a:p' }))
      handed.push(await store.get({ entity: 'plan', key: 'a:p' }), ...(await listAll(store)))
      await feed.until(() => expect(feed.readyCount()).toBe(1))
      handed.push(...feed.changes())
      metadata.deep.list.push(2)
      spoil(handed)
      expect(JSON.stringify(await store.get({ entity: 'plan', key: 'a:p' }))).toBe(before)
      undo()
      await feed.stop()
    },
  },
  {
    title: 'ENT-4 a record above the limit is too-large, and one at the usual size of a long document is not',
    run: async ({ store }) => {
      await commitOne(store, planWrite('a:long', { content: 'é'.repeat(120_000) }))
      await expect(
        store.commit([planWrite('a:huge', { content: 'x'.repeat(10_000_000) })]),
      ).rejects.toMatchObject({
        code: 'too-large',
        message: expect.stringContaining('a:huge'),
      })
      await commitOne(store, taskWrite('a:l', 't'))
      expect((await listAll(store)).map((record) => record.key)).toEqual(['a:l/t', 'a:long'])
    },
  },
]

/** Changes what can be changed, all the way down; what is frozen stays as it is. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, part] of Object.entries(value)) {
    spoil(part)
    if (typeof part !== 'object') Reflect.set(value, key, 'spoiled')
  }
  Reflect.set(value, 'added', 'spoiled')
}
