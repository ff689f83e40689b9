import { createCrux, inMemoryCruxStore } from '@crux/core'
import { expect, test } from 'vitest'
import { refusal, setUp } from './crux-kit.ts'

test('ENT-2 createCrux gives the store and every function, bound to it', async () => {
  const store = inMemoryCruxStore()
  const { store: bound, ...functions } = createCrux({ store })
  expect(bound).toBe(store)
  expect(Object.keys(functions).sort()).toEqual(
    [
      'plan getPlan updatePlan discardPlan listPlans planAgent createPlanTool',
      'tasklist getTaskList getTaskListByPlan listTaskLists taskListAgent createTaskListTool taskWorker',
    ]
      .join(' ')
      .split(' ')
      .sort(),
  )
})

test('ENT-2 what there is not is undefined; mutations give the new value', async () => {
  const { crux } = setUp()
  expect(await crux.getPlan('nothing')).toBeUndefined()
  expect(await crux.getTaskList('nothing')).toBeUndefined()
  expect(await crux.getTaskListByPlan('nothing')).toBeUndefined()

  const plan = await crux.plan({ id: 'launch', title: 'Launch' })
  expect(await crux.updatePlan('launch', { content: 'Ship' })).toEqual(await crux.getPlan('launch'))
  expect(await plan.discard()).toEqual(await plan.get())

  const list = await crux.tasklist({ id: 'work', tasks: [{ id: 'build', label: 'Build' }] })
  expect(await list.getTask('nothing')).toBeUndefined()
  expect(await list.startTask('build')).toEqual(await list.getTask('build'))
  expect(await list.update({ title: 'Work' })).toEqual(await list.get())
  const { task, ignored } = await list.reportProgress('build', 'linking')
  expect({ task, ignored }).toEqual({ task: await list.getTask('build'), ignored: false })
})

test('ENT-2 the clock and the source of ids can be given', async () => {
  const { crux, clock } = setUp()
  const first = await crux.plan({ title: 'First' })
  clock.advance(500)
  const list = await crux.tasklist({ tasks: [{ label: 'Build' }] })
  expect(first).toMatchObject({ id: 'id1', createdAt: 1_000, updatedAt: 1_000 })
  expect(await list.get()).toMatchObject({ id: 'id2', createdAt: 1_500 })
  expect(await list.getTasks()).toMatchObject([{ id: 'id3', taskListId: 'id2', createdAt: 1_500 }])
})

test('ENT-2 the times of an entity never run backwards', async () => {
  const { crux, clock } = setUp()
  const list = await crux.tasklist({ tasks: [{ id: 'a', label: 'A' }] })
  clock.advance(-600)
  await list.startTask('a')
  expect(await list.completeTask('a')).toMatchObject({
    startedAt: 1_000,
    endedAt: 1_000,
    durationMs: 0,
    updatedAt: 1_000,
  })
})

test('ENT-3 ids are relative to the scope, absolute with a colon, and stay inside it', async () => {
  const store = inMemoryCruxStore()
  const { crux } = setUp(store.scope('session:42:'))
  const plan = await crux.plan({ id: 'launch', title: 'Launch' })
  const list = await crux.tasklist({ planId: 'launch', tasks: [{ id: 'build', label: 'Build' }] })

  expect(plan.id).toBe('session:42:launch')
  expect(list.id).toBe('session:42:id1')
  expect(await list.get()).toMatchObject({ id: 'session:42:id1', planId: 'session:42:launch' })
  expect(await list.getTask('build')).toMatchObject({ id: 'build', taskListId: 'session:42:id1' })
  expect(await store.get({ entity: 'task', key: 'session:42:id1/build' })).toBeDefined()
  expect(await crux.getPlan('session:42:launch')).toEqual(await crux.getPlan('launch'))
  expect(await createCrux({ store }).getPlan('session:42:launch')).toMatchObject({ title: 'Launch' })

  await refusal(crux.getPlan('session:43:launch'), 'out-of-scope')
  await refusal(crux.plan({ id: 'user:1:launch', title: 'Launch' }), 'out-of-scope')
  await refusal(crux.tasklist({ planId: 'user:1:launch' }), 'out-of-scope')
  expect(() => crux.taskListAgent('session:43:list')).toThrow('session:43:list')
})

test.each(['', 'a b', 'a/b', 'ä', 'x'.repeat(129), 'a:', ':a', 'a::b'])(
  'ENT-3 the id %j is invalid-id everywhere, and the message shows it',
  async (id) => {
    const { crux } = setUp()
    const list = await crux.tasklist({ id: 'work', tasks: [{ id: 'build', label: 'Build' }] })
    const shown = id.slice(0, 80)
    for (const refused of [
      crux.plan({ id, title: 'Plan' }),
      crux.getPlan(id),
      crux.tasklist({ id }),
      crux.tasklist({ planId: id }),
      list.addTask({ id, label: 'Task' }),
      list.addTask({ label: 'Task', parentId: id }),
      list.addTask({ label: 'Task', dependsOn: [id] }),
      list.updateTask('build', { dependsOn: [id] }),
      list.getTask(id),
      list.completeTask(id),
    ]) {
      expect((await refusal(refused, 'invalid-id')).message).toContain(shown)
    }
  },
)

test('ENT-3 a key has at most 512 characters', async () => {
  const scope = 'abcdefghi:'.repeat(40)
  const { crux } = setUp(inMemoryCruxStore().scope(scope))
  await crux.plan({ id: 'x'.repeat(112), title: 'Fits' })
  await refusal(crux.plan({ id: 'x'.repeat(113), title: 'Does not' }), 'invalid-id')
})

class Money {
  readonly cents = 5
}

const circle: { self?: unknown } = {}
circle.self = circle
let deep: unknown = 'x'
for (let level = 0; level < 101; level += 1) deep = { in: deep }

test.each([
  ['a class instance', new Money()],
  ['a Date', new Date(0)],
  ['a function', () => {}],
  ['a bigint', 1n],
  ['a symbol', Symbol('x')],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['undefined in an array', [undefined]],
  ['a cycle', circle],
  ['nesting beyond 100', deep],
  ['a key __proto__', JSON.parse('{"__proto__": 1}')],
  ['a key constructor', { constructor: 1 }],
  ['a key prototype', { prototype: 1 }],
])('ENT-4 %s is invalid-value with its path, and nothing is written', async (_name, when) => {
  const { crux, commits } = setUp()
  const plan = await crux.plan({ id: 'p', title: 'Plan' })
  const list = await crux.tasklist({ id: 'l', tasks: [{ id: 't', label: 'T' }] })
  const before = commits.length
  const metadata = { when } as never
  for (const [refused, path] of [
    [crux.plan({ title: 'Plan', metadata }), '$.metadata.when'],
    [plan.update({ metadata }), '$.metadata.when'],
    [crux.tasklist({ metadata }), '$.metadata.when'],
    [crux.tasklist({ tasks: [{ label: 'A' }, { label: 'B', metadata }] }), '$.tasks[1].metadata.when'],
    [list.update({ metadata }), '$.metadata.when'],
    [list.addTask({ label: 'A', metadata }), '$.metadata.when'],
    [list.updateTask('t', { metadata }), '$.metadata.when'],
    [list.completeTask('t', metadata), '$.result.when'],
  ] as const) {
    const error = await refusal(refused, 'invalid-value')
    expect(error.message).toContain(path)
  }
  expect(commits).toHaveLength(before)
})

test('ENT-4 undefined as a value is left out', async () => {
  const { crux } = setUp()
  const { metadata } = await crux.plan({ title: 'Plan', metadata: { a: undefined, b: 1 } })
  expect(Object.keys(metadata ?? {})).toEqual(['b'])
})

test('ENT-4 a record over the size limit is too-large', async () => {
  const { crux } = setUp(inMemoryCruxStore({ maxRecordBytes: 1_000 }))
  await crux.plan({ title: 'Fits', content: 'x'.repeat(500) })
  await refusal(crux.plan({ title: 'Does not', content: 'é'.repeat(500) }), 'too-large')
  await refusal(setUp().crux.plan({ title: 'Default', content: 'x'.repeat(262_144) }), 'too-large')
})

test('ENT-4 what was given in, even while the call runs, and what was handed out change nothing stored', async () => {
  const { crux } = setUp()
  const metadata = { tags: ['a'] }
  const creating = crux.plan({ id: 'p', title: 'Plan', metadata })
  metadata.tags.push('b')
  const plan = await creating
  const list = await crux.tasklist({ tasks: [{ id: 't', label: 'T', dependsOn: [] }] })
  const result = { files: ['a'] }
  const completing = list.completeTask('t', result)
  result.files.push('b')
  await completing

  for (const handedOut of [plan.metadata, await plan.get(), await list.getTask('t'), await list.get()]) {
    try {
      Object.assign(handedOut as object, { title: 'changed', label: 'changed', tags: [] })
    } catch {
      // Frozen is one of the two ways to be safe.
    }
  }
  expect(await plan.get()).toMatchObject({ title: 'Plan', metadata: { tags: ['a'] } })
  expect(await list.getTask('t')).toMatchObject({ label: 'T', result: { files: ['a'] } })
})

test('values of the wrong type are invalid-value and name the field', async () => {
  const { crux } = setUp()
  const list = await crux.tasklist({ tasks: [{ id: 't', label: 'T' }] })
  for (const [refused, path] of [
    [crux.plan({ title: 5 as never }), '$.title'],
    [crux.tasklist({ tasks: [{ label: 'A' }, {} as never] }), '$.tasks[1].label'],
    [list.updateTask('t', { status: 'done' as never }), '$.status'],
    [list.reportProgress('t', { percent: '40' as never }), '$.percent'],
    [list.failTask('t', new Error('boom') as never), '$.error'],
    [list.skipTask('t', 7 as never), '$.reason'],
  ] as const) {
    expect((await refusal(refused, 'invalid-value')).message).toContain(path)
  }
})
