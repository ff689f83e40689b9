import type { Task, TaskStatus } from '@crux/core'
import type { TaskListHandle } from '@crux/core/tasks'
import { expect, test } from 'vitest'
import { events, refusal, setUp } from '../entities/crux-kit.ts'

const statuses: readonly TaskStatus[] = [
  'pending',
  'in_progress',
  'completed',
  'failed',
  'skipped',
  'cancelled',
]

/** How the list is told to bring task `t` into a status. */
function bring(list: TaskListHandle, to: TaskStatus): Promise<Task> {
  switch (to) {
    case 'pending':
      return list.updateTask('t', { status: 'pending' })
    case 'in_progress':
      return list.startTask('t')
    case 'completed':
      return list.completeTask('t', { by: 'bring' })
    case 'failed':
      return list.failTask('t', 'bring')
    case 'skipped':
      return list.skipTask('t', 'bring')
    case 'cancelled':
      return list.cancelTask('t', 'bring')
  }
}

async function taskIn(status: TaskStatus) {
  const { crux, clock, commits } = setUp()
  const list = await crux.tasklist({ id: 'work', tasks: [{ id: 't', label: 'T' }] })
  if (status !== 'pending') await bring(list, status)
  clock.advance(100)
  return { list, clock, commits }
}

const pairs = statuses.flatMap((from) => statuses.map((to) => [from, to] as const))

const isAllowed = (from: TaskStatus, to: TaskStatus) =>
  from === 'pending' || (from === 'in_progress' && to !== 'pending')

test.each(pairs.filter(([from, to]) => from !== to && isAllowed(from, to)))(
  'TASK-4 %s may become %s',
  async (from, to) => {
    const { list } = await taskIn(from)
    expect(await bring(list, to)).toMatchObject({ status: to, updatedAt: 1_100 })
    expect(await list.get()).toMatchObject({ counts: { [from]: 0, [to]: 1 } })
  },
)

test.each(pairs.filter(([from, to]) => from !== to && !isAllowed(from, to)))(
  'TASK-4 %s may not become %s',
  async (from, to) => {
    const { list, commits } = await taskIn(from)
    const before = await list.getTask('t')
    const written = commits.length
    const error = await refusal(bring(list, to), 'invalid-transition')
    expect(error.details).toEqual({ from, to })
    expect(error.message).toContain(`Task "t" of list "work" is ${from} and cannot become ${to}`)
    expect(await list.getTask('t')).toEqual(before)
    expect(commits).toHaveLength(written)
  },
)

test.each(statuses)('TASK-4 %s again changes nothing', async (status) => {
  const { list, commits } = await taskIn(status)
  const before = await list.getTask('t')
  const written = commits.length
  expect(await bring(list, status)).toEqual(before)
  expect(commits).toHaveLength(written)
})

test.each(['failed', 'skipped', 'cancelled'] as const)(
  'TASK-4 a task that is %s can be retried',
  async (from) => {
    const { list } = await taskIn(from)
    expect(await list.retryTask('t')).toEqual({
      id: 't',
      taskListId: 'work',
      label: 'T',
      status: 'pending',
      position: 1,
      attempt: 2,
      createdAt: 1_000,
      updatedAt: 1_100,
    })
    expect(await list.getStatus()).toBe('pending')
  },
)

test.each(['in_progress', 'completed'] as const)(
  'TASK-4 a task that is %s cannot be retried',
  async (from) => {
    const { list } = await taskIn(from)
    expect((await refusal(list.retryTask('t'), 'invalid-transition')).details).toEqual({
      from,
      to: 'pending',
    })
  },
)

test('TASK-4 a retry of a pending task changes nothing', async () => {
  const { list, commits } = await taskIn('pending')
  expect(await list.retryTask('t')).toEqual(await list.getTask('t'))
  expect(commits).toHaveLength(1)
})

test('TASK-4 a retry clears what the attempt left and keeps what was used', async () => {
  const { list } = await taskIn('in_progress')
  await list.reportProgress('t', { message: 'half', percent: 50, usage: { inputTokens: 5 } })
  await list.updateTask('t', { status: 'failed', error: 'boom', result: 'partial', reason: 'why' })
  const again = await list.retryTask('t')
  expect(again).toMatchObject({ attempt: 2, usage: { inputTokens: 5 } })
  for (const name of [
    'error',
    'result',
    'reason',
    'progress',
    'percent',
    'startedAt',
    'endedAt',
    'durationMs',
  ]) {
    expect(again).not.toHaveProperty(name)
  }
})

test('TASK-4 the same status again never overwrites a result or an error', async () => {
  const { list } = await taskIn('in_progress')
  await list.completeTask('t', { answer: 1 })
  expect(await list.completeTask('t', { answer: 2 })).toMatchObject({ result: { answer: 1 } })
  const failed = await taskIn('failed')
  expect(await failed.list.failTask('t', 'other')).toMatchObject({ error: 'bring' })
})

test('TASK-4 of several exclusive starts exactly one wins', async () => {
  const { list } = await taskIn('pending')
  const outcomes = await Promise.allSettled(
    Array.from({ length: 5 }, () => list.startTask('t', { exclusive: true })),
  )
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'invalid-transition', details: { from: 'in_progress', to: 'in_progress' } },
  })
  expect(await list.startTask('t')).toMatchObject({ status: 'in_progress' })
})

test('TASK-4 dependencies do not forbid a start', async () => {
  const { crux } = setUp()
  const list = await crux.tasklist({
    tasks: [
      { id: 'a', label: 'A' },
      { id: 'b', label: 'B', dependsOn: ['a'] },
    ],
  })
  expect(await list.startTask('b')).toMatchObject({ status: 'in_progress' })
})

test('TASK-5 the library sets the times', async () => {
  const { list, clock } = await taskIn('pending')
  expect(await list.startTask('t')).toMatchObject({ startedAt: 1_100 })
  clock.advance(250)
  expect(await list.completeTask('t')).toMatchObject({ startedAt: 1_100, endedAt: 1_350, durationMs: 250 })
})

test('TASK-5 completing or failing a pending task starts it too; skipping or cancelling does not', async () => {
  for (const to of ['completed', 'failed'] as const) {
    const { list } = await taskIn('pending')
    expect(await bring(list, to)).toMatchObject({ startedAt: 1_100, endedAt: 1_100, durationMs: 0 })
  }
  for (const to of ['skipped', 'cancelled'] as const) {
    const { list } = await taskIn('pending')
    const task = await bring(list, to)
    expect(task).toMatchObject({ endedAt: 1_100 })
    expect(task).not.toHaveProperty('startedAt')
    expect(task).not.toHaveProperty('durationMs')
  }
})

test('TASK-5 progress is written without touching the list; on a pending task it does not start it', async () => {
  const { list, commits } = await taskIn('pending')
  expect(await list.reportProgress('t', 'warming up')).toMatchObject({
    ignored: false,
    task: { status: 'pending', progress: 'warming up', updatedAt: 1_100 },
  })
  expect(commits.slice(1).map(events)).toEqual([['task work/t updated']])
})

test('TASK-5 progress is a message, a percentage and usage totals, each kept until it is replaced', async () => {
  const { list, commits } = await taskIn('in_progress')
  await list.reportProgress('t', { message: 'a', percent: 0, usage: { inputTokens: 10, costUsd: 0.5 } })
  await list.reportProgress('t', { percent: 100, usage: { inputTokens: 7, outputTokens: 3 } })
  const { task } = await list.reportProgress('t', {})
  expect(task).toMatchObject({
    progress: 'a',
    percent: 100,
    usage: { inputTokens: 7, outputTokens: 3, costUsd: 0.5 },
  })
  const written = commits.length
  await list.reportProgress('t', { message: 'a', percent: 100 })
  expect(commits).toHaveLength(written)
})

test.each(['completed', 'failed', 'skipped', 'cancelled'] as const)(
  'TASK-5 progress on a task that is %s is ignored, not an error',
  async (status) => {
    const { list, commits } = await taskIn(status)
    const before = await list.getTask('t')
    const written = commits.length
    expect(await list.reportProgress('t', { message: 'late', percent: 50 })).toEqual({
      task: before,
      ignored: true,
    })
    expect(commits).toHaveLength(written)
  },
)

test('TASK-5 a percentage outside 0 to 100 and a negative total are invalid-value', async () => {
  const { list } = await taskIn('in_progress')
  for (const percent of [-1, 100.1, 1e9]) {
    const error = await refusal(list.reportProgress('t', { percent }), 'invalid-value')
    expect(error.message).toContain(`$.percent is ${percent}`)
  }
  await refusal(list.reportProgress('t', { percent: Number.NaN }), 'invalid-value')
  await refusal(list.reportProgress('t', { usage: { outputTokens: -1 } }), 'invalid-value')
})

test('events say what changed: completed for completions, updated for the rest', async () => {
  const { crux, commits } = setUp()
  const list = await crux.tasklist({ id: 'work', tasks: ['a', 'b'].map((id) => ({ id, label: id })) })
  await list.startTask('a')
  await list.failTask('a', 'boom')
  await list.retryTask('a')
  await list.completeTask('a')
  await list.cancelTask('b')
  await list.retryTask('b')
  await list.completeTask('b')
  await list.update({ title: 'All done' })
  await list.addTask({ id: 'c', label: 'C' })
  expect(commits.slice(1).map(events)).toEqual([
    ['task work/a updated', 'tasklist work updated'],
    ['task work/a updated', 'tasklist work updated'],
    ['task work/a updated', 'tasklist work updated'],
    ['task work/a completed', 'tasklist work updated'],
    ['task work/b updated', 'tasklist work updated'],
    ['task work/b updated', 'tasklist work updated'],
    ['task work/b completed', 'tasklist work completed'],
    ['tasklist work updated'],
    ['task work/c added', 'tasklist work updated'],
  ])
})
