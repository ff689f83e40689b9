import { createCruxClient, createMockTransport, type DehydratedState } from '@crux/core/client'
import { examplePart, examplePlan, exampleTask, exampleTaskList } from '@crux/core/testing'
import { expect, onTestFinished, test } from 'vitest'
import { openClient, part, shownBy } from './client-kit.ts'

const nextMicrotask = () => Promise.resolve().then(() => {})

function dehydrated(): DehydratedState {
  const { client, sink } = openClient()
  sink.apply([
    examplePart('plan', examplePlan(), 3),
    examplePart('tasklist', exampleTaskList(), 4),
    examplePart('task', exampleTask({ id: 'gone', removedAt: 9, parentId: 'build' }), 2),
    examplePart('task', exampleTask({ id: 'below', parentId: 'gone', position: 2 }), 1),
    examplePart('task', exampleTask(), 1),
    part('plan', 'unnumbered', { title: 'No revision' }),
  ])
  sink.ready()
  const state: DehydratedState = JSON.parse(JSON.stringify(client.dehydrate()))
  return state
}

test('CLI-10 what dehydrate gives is JSON, and another client begins with it', () => {
  const { client, sink } = openClient()
  expect(client.dehydrate()).toEqual({ parts: [], isReady: false })
  sink.ready()
  expect(client.dehydrate()).toEqual({ parts: [], isReady: true })

  const state = dehydrated()
  const { client: heir } = openClient(state)
  expect(heir.getPlan('plan-1')).toEqual(examplePlan())
  expect(heir.getTaskTree('list-1')).toMatchObject([
    { task: { id: 'build' }, children: [{ task: { id: 'below' } }] },
  ])
  expect(heir.getConnection()).toMatchObject({ isReady: true, dropped: 0 })
  expect(heir.dehydrate()).toEqual(state)
})

test('CLI-10 dehydrate gives the newest of what came, with the revision that belongs to it', async () => {
  const { client, sink } = openClient()
  sink.apply([part('plan', 'p1', { title: 'one' }, 1)])
  sink.apply([part('plan', 'p1', { title: 'two' }, 2)])
  const { client: heir, sink: heirSink } = openClient(client.dehydrate())
  expect(heir.getPlan('p1')?.title).toBe('two')
  heirSink.apply([part('plan', 'p1', { title: 'one' }, 1)])
  await nextMicrotask()
  expect(heir.getPlan('p1')?.title).toBe('two')
})

test('RCT-4 the initial view stays what the client began with, also after it moved on', async () => {
  const { client, sink } = openClient(dehydrated())
  const { initial } = client
  const before = shownBy({ ...client, ...initial })
  const tasks = initial.getTasks('list-1')
  sink.reset()
  sink.apply([examplePart('plan', examplePlan({ id: 'new' }))])
  sink.ready()
  await nextMicrotask()
  expect(client.getPlans().map(({ id }) => id)).toEqual(['new'])
  expect(client.initial).toBe(initial)
  expect(initial.getTasks('list-1')).toBe(tasks)
  expect(shownBy({ ...client, ...initial })).toEqual(before)
  expect(initial.getConnection()).toMatchObject({ status: 'idle', isReady: true, lastSyncedAt: undefined })
  expect(initial.getConnection()).toBe(client.initial.getConnection())
})

test('RCT-4 without initialState the initial view is empty and not ready', () => {
  const client = createCruxClient({ transport: createMockTransport({ plans: [{ id: 'p1' }] }) })
  onTestFinished(() => client.close())
  client.subscribe('plans', () => {})
  expect(client.getPlans()).toHaveLength(1)
  expect(client.initial.getPlans()).toEqual([])
  expect(client.initial.getConnection().isReady).toBe(false)
})

test('CLI-10 the first snapshot replaces the initial state, whatever revisions that had', async () => {
  const { client, sink } = openClient(dehydrated())
  sink.reset()
  sink.apply([examplePart('plan', examplePlan({ title: 'Of a new epoch' }), 1)])
  sink.ready()
  await nextMicrotask()
  expect(client.getPlan('plan-1')?.title).toBe('Of a new epoch')
  expect(client.getTaskList('list-1')).toBeUndefined()
  expect(client.getTasks('list-1')).toEqual([])
})

test('CLI-10 the initial state stays where no snapshot comes', async () => {
  const { client, sink } = openClient(dehydrated())
  sink.apply([examplePart('plan', examplePlan({ id: 'chat' }))])
  sink.ready()
  await nextMicrotask()
  expect(client.getPlan('plan-1')).toBeDefined()
  expect(client.getPlan('chat')).toBeDefined()
})

test('CLI-8 of several transports the initial state stays until all are ready', async () => {
  const { client, sink } = openClient(dehydrated())
  const [a, b] = [sink.fork(), sink.fork()]
  a.reset()
  a.apply([examplePart('plan', examplePlan(), 1)])
  a.ready()
  await nextMicrotask()
  expect(client.getTaskList('list-1')).toBeDefined()
  b.reset()
  b.ready()
  sink.ready()
  await nextMicrotask()
  expect(client.getTaskList('list-1')).toBeUndefined()
  expect(client.getPlan('plan-1')).toBeDefined()
})

test('CLI-13 what is wrong in the initial state is dropped and counted', () => {
  const { client } = openClient({
    parts: [part('plan', 'p1', { title: 7 }, 1), part('plan', 'p2', {}, 1)],
    isReady: false,
  })
  expect(client.getPlans().map(({ id }) => id)).toEqual(['p2'])
  expect(client.getConnection().dropped).toBe(1)
})
