import { inMemoryCruxStore, type Plan } from '@crux/core'
import { expect, test } from 'vitest'

const plan = (id: string): Plan => ({
  id,
  title: 'Launch',
  content: '',
  version: 1,
  createdAt: 1,
  updatedAt: 1,
})

test('STO-1 what was committed is read back, and a stale revision is a conflict', async () => {
  const store = inMemoryCruxStore()
  const write = { entity: 'plan', key: 'a:p1', value: plan('a:p1'), event: 'created', ifRevision: 0 } as const
  const { records } = await store.commit([write])
  expect(records).toEqual([
    { entity: 'plan', key: 'a:p1', value: plan('a:p1'), event: 'created', revision: 1, seq: 1 },
  ])
  expect(await store.get({ entity: 'plan', key: 'a:p1' })).toEqual(records[0])
  await expect(store.commit([write])).rejects.toMatchObject({ code: 'conflict' })
})

test('STO-3 a feed gives a snapshot, ready, then what is committed', async () => {
  const store = inMemoryCruxStore()
  const view = store.scope('a:')
  const abort = new AbortController()
  await view.commit([{ entity: 'plan', key: 'a:p1', value: plan('a:p1'), event: 'created', ifRevision: 0 }])
  const seen: string[] = []
  for await (const batch of view.changes({ signal: abort.signal })) {
    seen.push(...batch.changes.map((record) => `${record.key}@${record.revision}`))
    if (batch.ready) {
      await store.commit([
        { entity: 'plan', key: 'b:p1', value: plan('b:p1'), event: 'created', ifRevision: 0 },
      ])
      await store.commit([
        { entity: 'plan', key: 'a:p1', value: plan('a:p1'), event: 'updated', ifRevision: 1 },
      ])
    }
    if (seen.length === 2) abort.abort()
  }
  expect(seen).toEqual(['a:p1@1', 'a:p1@2'])
})
