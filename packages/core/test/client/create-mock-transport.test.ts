import { createCruxClient, createMockTransport } from '@crux/core/client'
import { expect, onTestFinished, test } from 'vitest'

const nextMicrotask = () => Promise.resolve().then(() => {})

function openMock(transport = createMockTransport()) {
  const client = createCruxClient({ transport })
  onTestFinished(() => client.close())
  client.subscribe('connection', () => {})
  return { client, transport }
}

test('CLI-8 a mock transport holds what it is given and delivers it while connecting', () => {
  const { client } = openMock(
    createMockTransport({
      plans: [{ id: 'p1', title: 'Launch' }],
      taskLists: [{ id: 'l1', planId: 'p1' }],
      tasks: [{ id: 't1', taskListId: 'l1', label: 'Build', position: 1 }],
    }),
  )
  expect(client.getPlans()).toEqual([{ id: 'p1', title: 'Launch' }])
  expect(client.getTaskListsByPlan('p1')).toEqual([{ id: 'l1', planId: 'p1' }])
  expect(client.getTasks('l1')).toEqual([{ id: 't1', taskListId: 'l1', label: 'Build', position: 1 }])
  expect(client.getConnection()).toMatchObject({ status: 'live', isReady: true })
})

test('CLI-8 set replaces a value, remove takes it away', async () => {
  const { client, transport } = openMock()
  await nextMicrotask()
  transport.set('task', { id: 't1', taskListId: 'l1', label: 'Build' })
  expect(client.getTask('l1', 't1')).toMatchObject({ label: 'Build' })
  await nextMicrotask()
  transport.set('task', { id: 't1', taskListId: 'l1', progress: 'half' })
  expect(client.getTask('l1', 't1')).toEqual({ id: 't1', taskListId: 'l1', progress: 'half' })
  await nextMicrotask()
  transport.remove('task', 'l1/t1')
  transport.remove('task', 'l1/unknown')
  expect(client.getTask('l1', 't1')).toBeUndefined()
})

test('CLI-8 changing a value after it was given changes nothing that is shown', () => {
  const plan = { id: 'p1', title: 'Launch' }
  const { client } = openMock(createMockTransport({ plans: [plan] }))
  plan.title = 'Changed behind the back'
  expect(client.getPlan('p1')?.title).toBe('Launch')
})

test('CLI-8 a status set before connecting shows what loading and failure look like', async () => {
  const transport = createMockTransport({ plans: [{ id: 'p1' }] })
  const error = new Error('no entry')
  transport.setStatus('failed', error)
  const { client } = openMock(transport)
  expect(client.getConnection()).toMatchObject({ status: 'failed', error, isReady: false })
  await nextMicrotask()
  transport.setStatus('connecting')
  expect(client.getConnection()).toMatchObject({ status: 'connecting', error: undefined, isReady: false })
  expect(client.getPlans()).toEqual([])
  await nextMicrotask()
  transport.setStatus('live')
  expect(client.getConnection()).toMatchObject({ status: 'live', isReady: true })
  expect(client.getPlans()).toEqual([{ id: 'p1' }])
})

test('CLI-8 what happens while the status is not live comes with the next live', async () => {
  const { client, transport } = openMock(createMockTransport({ plans: [{ id: 'p1' }] }))
  transport.setStatus('reconnecting', 'cut')
  transport.remove('plan', 'p1')
  transport.set('plan', { id: 'p2' })
  await nextMicrotask()
  expect(client.getPlans()).toEqual([{ id: 'p1' }])
  transport.setStatus('live')
  await nextMicrotask()
  expect(client.getPlans()).toEqual([{ id: 'p2' }])
})
