import { cruxDataPartSchema, type CruxDataPart } from '@crux/core'
import { exampleTask, exampleTaskList, examplePlan } from '@crux/core/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openClient, part } from './client-kit.ts'

const numRuns = Number(process.env['CRUX_RUNS'] ?? 2000)
const nextMicrotask = () => Promise.resolve().then(() => {})

/** Applies something from outside between two good parts; gives how many were dropped and what is then shown. */
async function applyAmong(given: unknown) {
  const { client, sink } = openClient()
  // What transports hand on was not checked by anybody.
  sink.apply([part('plan', 'before', {}, 1), given as CruxDataPart, part('plan', 'after', {}, 1)])
  await nextMicrotask()
  expect(client.getPlan('before')).toBeDefined()
  expect(client.getPlan('after')).toBeDefined()
  return { client, dropped: client.getConnection().dropped }
}

const isRefused = (input: unknown) => !cruxDataPartSchema.safeParse(input).success

describe('LIVE-1 a part of another shape is dropped and counted, and does not break the rest', () => {
  const good = part('task', 'l1/t1', {}, 1)
  test.for<[string, unknown]>([
    ['null', null],
    ['text', 'data-crux'],
    ['an array', [good]],
    ['an entity that is not known', { ...good, entity: 'comment' }],
    ['no key', { ...good, key: undefined }],
    ['an empty key', { ...good, entity: 'plan', key: '' }],
    ['a task key without a list', { ...good, key: 't1' }],
    ['a task key without a list before the slash', { ...good, key: '/t1' }],
    ['a task key without a task', { ...good, key: 'l1/' }],
    ['no value', { ...good, value: undefined }],
    ['a null value', { ...good, value: null }],
    ['an array as value', { ...good, value: [] }],
    ['a revision that is text', { ...good, revision: '1' }],
    ['a revision beyond what is exact', { ...good, revision: 2 ** 53 }],
    ['a revision that is not whole', { ...good, revision: 1.5 }],
    ['a null revision', { ...good, revision: null }],
  ])('LIVE-1 %s', async ([, given]) => {
    const { dropped } = await applyAmong(given)
    expect(dropped).toBe(1)
    expect(isRefused(given)).toBe(true)
  })
})

describe('CLI-13 a value with a field of the wrong type is dropped and counted', () => {
  const wrong = {
    text: [1, true, null, {}, []],
    number: ['1', null, Number.NaN, {}],
    object: ['x', 1, null, []],
  }
  const fields: [CruxDataPart['entity'], string, unknown[]][] = [
    ...['id', 'title', 'content', 'discardReason'].map((name) => ['plan', name, wrong.text] as const),
    ...['version', 'createdAt', 'updatedAt', 'discardedAt', 'removedAt'].map(
      (name) => ['plan', name, wrong.number] as const,
    ),
    ['plan', 'metadata', wrong.object],
    ...['id', 'planId', 'title', 'discardReason'].map((name) => ['tasklist', name, wrong.text] as const),
    ...['lastPosition', 'createdAt', 'startedAt', 'completedAt'].map(
      (name) => ['tasklist', name, wrong.number] as const,
    ),
    ['tasklist', 'status', [...wrong.text, 'skipped', 'done', '']],
    ['tasklist', 'counts', [...wrong.object, { pending: '1' }, { completed: null }]],
    ...['label', 'description', 'parentId', 'progress', 'error', 'reason', 'taskListId'].map(
      (name) => ['task', name, wrong.text] as const,
    ),
    ...['position', 'percent', 'attempt', 'durationMs', 'endedAt'].map(
      (name) => ['task', name, wrong.number] as const,
    ),
    ['task', 'status', [...wrong.text, 'discarded', 'toString', '']],
    ['task', 'dependsOn', ['a', { 0: 'a' }, ['a', 1]]],
    ['task', 'assignee', [...wrong.object, { agent: 1 }, { model: null }]],
    ['task', 'usage', [...wrong.object, { inputTokens: '5' }, { costUsd: null }]],
  ].map(([entity, name, values]) => [entity, name, values] as [CruxDataPart['entity'], string, unknown[]])

  test.for(fields)('CLI-13 %s.%s', async ([entity, name, values]) => {
    for (const value of values) {
      const given = part(entity, 'l1/t1', { [name]: value }, 1)
      const { dropped, client } = await applyAmong(given)
      expect([value, dropped]).toEqual([value, 1])
      expect(client.getTask('l1', 't1')).toBeUndefined()
      expect(isRefused(given)).toBe(true)
    }
  })
})

test('CLI-13 whole entities, and ones with fields missing, undefined or unknown, are taken', async () => {
  const parts = [
    part('plan', 'p1', examplePlan({ id: 'p1', metadata: { any: [1, { thing: null }] } })),
    part('plan', 'p2', { title: undefined, colour: 'red' }),
    part('tasklist', 'l1', exampleTaskList({ id: 'l1' })),
    part('tasklist', 'l2', { counts: { pending: 1 } }),
    part(
      'task',
      'l1/t1',
      exampleTask({ assignee: { agent: 'a' }, usage: {}, result: [null, 1], dependsOn: ['t0'] }),
    ),
    part('task', 'l1/t2', {}),
  ]
  for (const each of parts) {
    const { dropped } = await applyAmong(each)
    expect([each.key, dropped]).toEqual([each.key, 0])
    expect(isRefused(each)).toBe(false)
  }
})

test('CLI-13 id comes from the key where it is missing, and so does the list of a task', () => {
  const { client, sink } = openClient()
  sink.apply([part('plan', 's:p1', { title: 'Launch' }), part('tasklist', 's:l1'), part('task', 's:l1/t1')])
  expect(client.getPlan('s:p1')).toEqual({ id: 's:p1', title: 'Launch' })
  expect(client.getTaskList('s:l1')).toEqual({ id: 's:l1' })
  expect(client.getTask('s:l1', 't1')).toEqual({ id: 't1', taskListId: 's:l1' })
  expect(cruxDataPartSchema.parse(part('task', 's:l1/t1')).value).toEqual({ id: 't1', taskListId: 's:l1' })
})

test('LIVE-1 an unknown event counts as updated', async () => {
  for (const event of ['exploded', undefined, 7, '__proto__']) {
    const given = { ...part('plan', 'p1', { title: 'Launch' }, 1), event }
    const { client, dropped } = await applyAmong(given)
    expect(dropped).toBe(0)
    expect(client.getPlan('p1')).toMatchObject({ title: 'Launch' })
    expect(cruxDataPartSchema.parse(given).event).toBe('updated')
  }
  expect(cruxDataPartSchema.parse({ ...part('plan', 'p1', {}, 1), event: 'created' }).event).toBe('created')
})

test('REL-21 nothing in a value can reach a prototype: such a part is dropped', async () => {
  const texts = [
    '{"entity":"plan","key":"p1","event":"updated","revision":1,"value":{"__proto__":{"polluted":1}}}',
    '{"entity":"plan","key":"p1","event":"updated","revision":1,"value":{"constructor":{"prototype":{"polluted":1}}}}',
    '{"entity":"plan","key":"p1","event":"updated","revision":1,"value":{"metadata":{"a":[{"__proto__":{"polluted":1}}]}}}',
    '{"entity":"task","key":"l1/t1","event":"updated","revision":1,"value":{"result":{"a":{"prototype":{"polluted":1}}}}}',
    '{"entity":"task","key":"l1/t1","event":"updated","revision":1,"value":{"more":{"__proto__":null}}}',
    '{"__proto__":{"polluted":1},"entity":"__proto__","key":"p1","event":"updated","value":{}}',
  ]
  for (const text of texts) {
    const given: unknown = JSON.parse(text)
    expect((await applyAmong(given)).dropped).toBe(1)
    expect(isRefused(given)).toBe(true)
  }
  const { client, dropped } = await applyAmong(
    part('plan', '__proto__', { title: 'A name like any other' }, 1),
  )
  expect(dropped).toBe(0)
  expect(client.getPlan('__proto__')).toMatchObject({ id: '__proto__', title: 'A name like any other' })
  expect(client.getPlan('toString')).toBeUndefined()
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
})

test('REL-21 a value nested beyond the limit is dropped, however deep it is', async () => {
  const nested = (depth: number) => JSON.parse('{"a":'.repeat(depth) + '1' + '}'.repeat(depth)) as object
  expect((await applyAmong(part('plan', 'p1', { metadata: nested(100) }, 1))).dropped).toBe(0)
  expect((await applyAmong(part('plan', 'p1', { metadata: nested(101) }, 1))).dropped).toBe(1)
  expect((await applyAmong(part('plan', 'p1', { more: nested(5000) }, 1))).dropped).toBe(1)
})

test('LIVE-1 no input makes a client throw; it drops what the schema refuses, and nothing else', () => {
  const nearly = fc.record(
    {
      entity: fc.oneof(fc.constantFrom('plan', 'tasklist', 'task', '__proto__'), fc.anything()),
      key: fc.oneof(fc.constantFrom('p1', 'l1/t1', '/', ''), fc.string(), fc.anything()),
      value: fc.oneof(
        fc.dictionary(
          fc.constantFrom('id', 'title', 'status', 'counts', 'metadata', 'position', 'removedAt'),
          fc.anything(),
        ),
        fc.anything(),
      ),
      event: fc.anything(),
      revision: fc.oneof(fc.nat(), fc.anything()),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.oneof(nearly, fc.anything()), (input) => {
      const { client, sink } = openClient()
      sink.apply([input as CruxDataPart])
      expect(client.getConnection().dropped).toBe(isRefused(input) ? 1 : 0)
      client.close()
    }),
    { numRuns },
  )
  expect(Object.keys(Object.prototype)).toEqual([])
})
