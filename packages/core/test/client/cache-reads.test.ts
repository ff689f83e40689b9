import { examplePart, examplePlan, exampleTask, exampleTaskList } from '@crux/core/testing'
import { expect, test } from 'vitest'
import { openClient, part } from './client-kit.ts'

const settled = () => Promise.resolve().then(() => {})

test('CLI-10 getters give undefined or an empty array for what is unknown', () => {
  const { client } = openClient()
  expect(client.getPlan('p1')).toBeUndefined()
  expect(client.getTaskList('l1')).toBeUndefined()
  expect(client.getTask('l1', 't1')).toBeUndefined()
  expect(client.getPlans()).toEqual([])
  expect(client.getTaskListsByPlan('p1')).toEqual([])
  expect(client.getTaskIds('l1')).toEqual([])
  expect(client.getTasks('l1')).toEqual([])
  expect(client.getTaskTree('l1')).toEqual([])
  expect(client.getTasks('l1')).toBe(client.getTasks('l1'))
})

test('CLI-10 plans come newest first, discarded ones only when asked for', () => {
  const { client, sink } = openClient()
  const old = examplePlan({ id: 'old', createdAt: 1 })
  const gone = examplePlan({ id: 'gone', createdAt: 2, discardedAt: 9 })
  const young = examplePlan({ id: 'young', createdAt: 3 })
  sink.apply([old, gone, young].map((plan) => examplePart('plan', plan)))
  expect(client.getPlans()).toEqual([young, old])
  expect(client.getPlans({ includeDiscarded: true })).toEqual([young, gone, old])
  expect(client.getPlan('gone')).toEqual(gone)
})

test('CLI-10 lists of a plan come newest first, and follow a list to another plan', async () => {
  const { client, sink } = openClient()
  const old = exampleTaskList({ id: 'old', planId: 'p1', createdAt: 1 })
  const young = exampleTaskList({ id: 'young', planId: 'p1', createdAt: 2, discardedAt: 9 })
  const other = exampleTaskList({ id: 'other', planId: 'p2', createdAt: 0 })
  sink.apply([old, young, other].map((list) => examplePart('tasklist', list)))
  expect(client.getTaskListsByPlan('p1')).toEqual([young, old])
  expect(client.getTaskListsByPlan('p2')).toEqual([other])
  await settled()
  sink.apply([examplePart('tasklist', { ...old, planId: 'p2' }, 2)])
  expect(client.getTaskListsByPlan('p1')).toEqual([young])
  expect(client.getTaskListsByPlan('p2')).toEqual([{ ...old, planId: 'p2' }, other])
})

test('CLI-10 tasks come in position order, ties by id, removed ones left out', async () => {
  const { client, sink } = openClient()
  const tasks = [
    exampleTask({ id: 'b', position: 2 }),
    exampleTask({ id: 'a', position: 2 }),
    exampleTask({ id: 'c', position: 1.5 }),
    exampleTask({ id: 'x', position: 0, removedAt: 1 }),
  ]
  sink.apply(tasks.map((task) => examplePart('task', task)))
  expect(client.getTaskIds('list-1')).toEqual(['c', 'a', 'b'])
  expect(client.getTasks('list-1').map(({ id }) => id)).toEqual(['c', 'a', 'b'])
  expect(client.getTask('list-1', 'x')).toBeUndefined()
  await settled()
  sink.apply([examplePart('task', exampleTask({ id: 'c', position: 3 }), 2)])
  expect(client.getTaskIds('list-1')).toEqual(['a', 'b', 'c'])
})

test('LIVE-1 a value with removedAt is absent for every reader, whatever its entity', async () => {
  const { client, sink } = openClient()
  sink.apply([
    examplePart('plan', examplePlan()),
    examplePart('tasklist', exampleTaskList()),
    examplePart('task', exampleTask()),
  ])
  await settled()
  sink.apply([
    part('plan', 'plan-1', { removedAt: 5 }, 2),
    part('tasklist', 'list-1', { removedAt: 5 }, 2),
    part('task', 'list-1/build', { removedAt: 5 }, 2),
  ])
  expect(client.getPlan('plan-1')).toBeUndefined()
  expect(client.getPlans({ includeDiscarded: true })).toEqual([])
  expect(client.getTaskList('list-1')).toBeUndefined()
  expect(client.getTaskListsByPlan('plan-1')).toEqual([])
  expect(client.getTask('list-1', 'build')).toBeUndefined()
  expect([client.getTaskIds('list-1'), client.getTasks('list-1'), client.getTaskTree('list-1')]).toEqual([
    [],
    [],
    [],
  ])
})

test('LIVE-1 a revision not above the one held is ignored; without a revision the value counts, the held one stays', async () => {
  const { client, sink } = openClient()
  const show = async (title: string, revision?: number) => {
    sink.apply([part('plan', 'p1', { title }, revision)])
    await settled()
    return client.getPlan('p1')?.title
  }
  expect(await show('third', 3)).toBe('third')
  expect(await show('second', 2)).toBe('third')
  expect(await show('third again', 3)).toBe('third')
  expect(await show('unnumbered')).toBe('unnumbered')
  expect(await show('third late', 3)).toBe('unnumbered')
  expect(await show('fourth', 4)).toBe('fourth')
})

test('TASK-8 children of a removed task are with its nearest living ancestor', async () => {
  const { client, sink } = openClient()
  const put = (id: string, fields: object, revision = 1) =>
    sink.apply([examplePart('task', exampleTask({ id, ...fields }), revision)])
  put('top', { position: 1 })
  put('middle', { position: 2, parentId: 'top' })
  put('leaf', { position: 3, parentId: 'middle' })
  await settled()
  const outline = (nodes: ReturnType<typeof client.getTaskTree>): unknown[] =>
    nodes.map(({ task, children }) => [task.id, ...outline(children)])
  expect(outline(client.getTaskTree('list-1'))).toEqual([['top', ['middle', ['leaf']]]])
  put('middle', { position: 2, parentId: 'top', removedAt: 9 }, 2)
  await settled()
  expect(outline(client.getTaskTree('list-1'))).toEqual([['top', ['leaf']]])
  put('top', { position: 1, removedAt: 9 }, 2)
  await settled()
  expect(outline(client.getTaskTree('list-1'))).toEqual([['leaf']])
})

test('CLI-11 entities and arrays keep their identity until something in them changed', async () => {
  const { client, sink } = openClient()
  sink.apply([
    examplePart('plan', examplePlan()),
    examplePart('plan', examplePlan({ id: 'plan-2', discardedAt: 1 })),
    examplePart('tasklist', exampleTaskList()),
    examplePart('task', exampleTask({ id: 'a', position: 1 })),
    examplePart('task', exampleTask({ id: 'b', position: 2 })),
    examplePart('task', exampleTask({ id: 'c', taskListId: 'list-2' })),
  ])
  await settled()
  const read = () => ({
    plan: client.getPlan('plan-1'),
    plans: client.getPlans(),
    allPlans: client.getPlans({ includeDiscarded: true }),
    list: client.getTaskList('list-1'),
    lists: client.getTaskListsByPlan('plan-1'),
    a: client.getTask('list-1', 'a'),
    b: client.getTask('list-1', 'b'),
    ids: client.getTaskIds('list-1'),
    tasks: client.getTasks('list-1'),
    otherTasks: client.getTasks('list-2'),
    connection: client.getConnection(),
  })
  const changed = (before: ReturnType<typeof read>) => {
    const after = new Map<string, unknown>(Object.entries(read()))
    return Object.entries(before).flatMap(([name, value]) =>
      Object.is(value, after.get(name)) ? [] : [name],
    )
  }

  let before = read()
  expect(changed(before)).toEqual([])
  sink.apply([examplePart('task', exampleTask({ id: 'a', position: 1, progress: 'half' }), 2)])
  await settled()
  expect(changed(before)).toEqual(['a', 'tasks'])

  before = read()
  sink.apply([examplePart('task', exampleTask({ id: 'b', position: 0 }), 2)])
  await settled()
  expect(changed(before)).toEqual(['b', 'ids', 'tasks'])

  before = read()
  sink.apply([examplePart('plan', examplePlan({ id: 'plan-2', discardedAt: 1, discardReason: 'old' }), 2)])
  await settled()
  expect(changed(before)).toEqual(['allPlans'])
})

test('CLI-11 the same content again keeps identities and is not announced, also after a reset', async () => {
  const { client, sink } = openClient()
  const snapshot = () => {
    sink.reset()
    sink.apply([
      examplePart('tasklist', exampleTaskList({ metadata: { tags: ['a', 'b'] } })),
      examplePart('task', exampleTask()),
    ])
    sink.ready()
  }
  snapshot()
  await settled()
  const before = [client.getTaskList('list-1'), client.getTask('list-1', 'build'), client.getTasks('list-1')]
  let heard = 0
  client.subscribe({ tasksOf: 'list-1' }, () => (heard += 1))
  client.subscribe({ entity: 'tasklist', key: 'list-1' }, () => (heard += 1))
  snapshot()
  await settled()
  const after = [client.getTaskList('list-1'), client.getTask('list-1', 'build'), client.getTasks('list-1')]
  expect(after.map((value, index) => Object.is(value, before[index]))).toEqual([true, true, true])
  expect(heard).toBe(0)
})

test('D3 a snapshot drops what it lacks when it is complete, and its values count whatever their revision', async () => {
  const { client, sink } = openClient()
  sink.apply([
    examplePart('plan', examplePlan({ id: 'old' }), 7),
    examplePart('plan', examplePlan({ id: 'kept' }), 7),
  ])
  await settled()
  sink.reset()
  sink.apply([examplePart('plan', examplePlan({ id: 'kept', title: 'From another epoch' }), 1)])
  await settled()
  expect(client.getPlan('old')).toBeDefined()
  sink.ready()
  await settled()
  expect(client.getPlan('old')).toBeUndefined()
  expect(client.getPlan('kept')).toMatchObject({ title: 'From another epoch' })
  sink.apply([examplePart('plan', examplePlan({ id: 'old', title: 'New again' }), 1)])
  await settled()
  expect(client.getPlan('old')).toMatchObject({ title: 'New again' })
})

test('D3 a reset that is cut short, then begun again, still drops what neither snapshot had', async () => {
  const { client, sink } = openClient()
  sink.apply([1, 2, 3].map((n) => part('plan', `p${n}`, {}, 1)))
  await settled()
  sink.reset()
  sink.apply([part('plan', 'p1', {}, 1)])
  sink.status('reconnecting')
  sink.reset()
  sink.apply([part('plan', 'p2', {}, 1)])
  sink.ready()
  await settled()
  expect(client.getPlans().map(({ id }) => id)).toEqual(['p2'])
})
