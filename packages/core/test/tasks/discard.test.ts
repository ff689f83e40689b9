import { createCrux, CruxError, inMemoryCruxStore } from '@crux/core'
import type { TaskListHandle } from '@crux/core/tasks'
import { expect, test } from 'vitest'
import { events, independent, refusal, setUp } from '../entities/crux-kit.ts'

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `t${index}`, label: 'T' }))

test('TASK-9 discard cancels what is open with its reason, in one commit, the list last', async () => {
  const { crux, clock, commits } = setUp()
  const list = await crux.tasklist({ id: 'work', tasks: numbered(5) })
  await list.completeTask('t0', 'kept')
  await list.startTask('t1')
  await list.failTask('t2', 'boom')
  await list.removeTask('t3')
  clock.advance(10)
  const discarded = await list.discard('no budget')

  expect(commits.at(-1)?.map(({ key, event }) => `${key} ${event}`)).toEqual([
    'work/t1 updated',
    'work/t4 updated',
    'work discarded',
  ])
  expect(discarded).toEqual(await list.get())
  expect(discarded).toMatchObject({
    status: 'discarded',
    discardedAt: 1_010,
    discardReason: 'no budget',
    counts: { pending: 0, in_progress: 0, completed: 1, failed: 1, skipped: 0, cancelled: 2 },
  })
  expect(await list.getTasks({ includeRemoved: true })).toMatchObject([
    { id: 't0', status: 'completed', result: 'kept' },
    { id: 't1', status: 'cancelled', reason: 'no budget', endedAt: 1_010, durationMs: 10 },
    { id: 't2', status: 'failed', error: 'boom' },
    { id: 't3', status: 'pending', removedAt: 1_000 },
    { id: 't4', status: 'cancelled', reason: 'no budget' },
  ])
})

test('TASK-9 a second discard changes nothing and keeps the first reason', async () => {
  const { crux, clock, commits } = setUp()
  const list = await crux.tasklist({ tasks: numbered(1) })
  const first = await list.discard()
  clock.advance(10)
  expect(await list.discard('late reason')).toEqual(first)
  expect(first).not.toHaveProperty('discardReason')
  expect(commits).toHaveLength(2)
})

test('TASK-9 every later mutation is discarded, and the message gives the reason', async () => {
  const { crux } = setUp()
  const list = await crux.tasklist({ id: 'work', tasks: numbered(3) })
  await list.completeTask('t0')
  await list.removeTask('t2')
  await list.discard('no budget')
  for (const refused of [
    list.update({ title: 'x' }),
    list.update({}),
    list.addTask({ label: 'x' }),
    list.addTasks([]),
    list.startTask('t1'),
    list.completeTask('t0'),
    list.completeTask('t1'),
    list.failTask('t1', 'e'),
    list.skipTask('t1'),
    list.cancelTask('t1'),
    list.retryTask('t1'),
    list.updateTask('t0', { label: 'x' }),
    list.removeTask('t1'),
    list.removeTask('t2'),
    list.moveTask('t0', { after: 't1' }),
  ]) {
    expect((await refusal(refused, 'discarded')).message).toContain(
      'Task list "work" was discarded (no budget)',
    )
  }
  expect(await list.reportProgress('t1', 'late')).toMatchObject({
    ignored: true,
    task: { status: 'cancelled' },
  })
  expect(await list.nextTasks()).toEqual([])
})

test('TASK-9 with 1,000 open tasks it is one commit; with more the list comes first, then 1,000 at a time', async () => {
  const few = setUp()
  await (await few.crux.tasklist({ id: 'work', tasks: numbered(1_000) })).discard()
  expect(few.commits.slice(1).map(({ length }) => length)).toEqual([1_001])

  const { crux, commits } = setUp()
  const list = await crux.tasklist({ id: 'work', tasks: numbered(2_500) })
  await list.completeTask('t0')
  const before = commits.length
  const discarded = await list.discard('too much')
  expect(commits.slice(before).map(({ length }) => length)).toEqual([1, 1_001, 1_001, 500])
  expect(commits.slice(before).map((commit) => events(commit).at(-1))).toEqual([
    'tasklist work discarded',
    'tasklist work updated',
    'tasklist work updated',
    'tasklist work updated',
  ])
  expect(discarded).toEqual(await list.get())
  expect(discarded).toMatchObject({
    status: 'discarded',
    counts: { completed: 1, cancelled: 2_499, pending: 0 },
  })
  const reasons = new Set(
    (await list.getTasks()).slice(1).map(({ status, reason }) => `${status}: ${reason}`),
  )
  expect(reasons).toEqual(new Set(['cancelled: too much']))
})

test('TASK-9 an interrupted discard has fenced the list, and a repeated one finishes it with the first reason', async () => {
  const store = inMemoryCruxStore()
  let commitsLeft = 2
  const dying = independent(store, async (call) => {
    if (call !== 'commit') return
    commitsLeft -= 1
    if (commitsLeft < 0) throw new CruxError('store-unavailable', 'the process is gone')
  })
  const list = await createCrux({ store }).tasklist({ id: 'work', tasks: numbered(3_000) })
  await refusal(createCrux({ store: dying }).taskListAgent('work').discard('first'), 'store-unavailable')

  expect(await list.get()).toMatchObject({
    status: 'discarded',
    counts: { pending: 2_000, cancelled: 1_000 },
  })
  await refusal(list.startTask('t2999'), 'discarded')
  expect(await list.reportProgress('t2999', 'late')).toMatchObject({
    ignored: true,
    task: { status: 'pending' },
  })
  expect(await list.discard('second')).toMatchObject({
    discardReason: 'first',
    counts: { pending: 0, cancelled: 3_000 },
  })
  expect(new Set((await list.getTasks()).map(({ status, reason }) => `${status} ${reason}`))).toEqual(
    new Set(['cancelled first']),
  )
})

test('TASK-9 after three lost races the list is fenced first', async () => {
  const store = inMemoryCruxStore()
  const list = await createCrux({ store }).tasklist({ id: 'work', tasks: numbered(3) })
  const sizes: number[] = []
  store.subscribe(({ changes }) => {
    if (changes.some(({ entity }) => entity === 'tasklist')) sizes.push(changes.length)
  })
  let reports = 0
  // A task that reports progress between every read and commit of whoever discards.
  const busy = independent(store, async (call) => {
    if (call !== 'commit' || reports >= 50) return
    reports += 1
    await list.reportProgress('t1', `${reports}`)
  })
  const discarded = await createCrux({ store: busy }).taskListAgent('work').discard('enough')
  expect(discarded).toMatchObject({ status: 'discarded', counts: { cancelled: 3 } })
  expect(sizes).toEqual([1, 4])
  expect(reports).toBe(5)
  expect(await list.getTask('t1')).toMatchObject({ status: 'cancelled', progress: '4' })
})

/** Runs a change that has read the list, then lets a discard go first, then lets the change commit. */
async function overtaken(change: (late: TaskListHandle) => Promise<unknown>) {
  const store = inMemoryCruxStore()
  const list = await createCrux({ store }).tasklist({ tasks: numbered(6) })
  await list.startTask('t0')
  let discarded: unknown
  const slow = independent(store, async (call) => {
    if (call === 'commit') discarded ??= await list.discard('now')
  })
  const outcome = change(createCrux({ store: slow }).taskListAgent(list.id)).catch((error: unknown) => error)
  return { outcome: await outcome, discarded, list: await list.get(), tasks: await list.getTasks() }
}

test.each<[string, (late: TaskListHandle) => Promise<unknown>]>([
  ['completion', (late) => late.completeTask('t0')],
  ['addition', (late) => late.addTask({ label: 'late' })],
  ['removal', (late) => late.removeTask('t1')],
  ['change of edges', (late) => late.updateTask('t1', { dependsOn: ['t2'] })],
  ['change of a label', (late) => late.updateTask('t1', { label: 'late' })],
  ['move', (late) => late.moveTask('t1', { after: 't2' })],
  ['update of the list', (late) => late.update({ title: 'late' })],
])(
  'TASK-9 a %s that has read the list before it is discarded loses to the discard',
  async (_name, change) => {
    const { outcome, discarded, list, tasks } = await overtaken(change)
    expect(outcome).toMatchObject({ code: 'discarded' })
    expect(list).toEqual(discarded)
    expect(tasks).toMatchObject(numbered(6).map(() => ({ status: 'cancelled', label: 'T' })))
  },
)

test('TASK-9 progress that has read the list before it is discarded is ignored', async () => {
  const { outcome, discarded, list, tasks } = await overtaken((late) => late.reportProgress('t0', 'late'))
  expect(outcome).toMatchObject({ ignored: true, task: { status: 'cancelled' } })
  expect(list).toEqual(discarded)
  expect(tasks[0]).not.toHaveProperty('progress')
})

test('TASK-9 a task that completed before the discard stays completed', async () => {
  const store = inMemoryCruxStore()
  const list = await createCrux({ store }).tasklist({ tasks: numbered(2) })
  let completed: unknown
  const slow = independent(store, async (call) => {
    if (call === 'commit') completed ??= await list.completeTask('t0', 'in time')
  })
  await createCrux({ store: slow }).taskListAgent(list.id).discard()
  expect(await list.getTasks()).toMatchObject([
    { status: 'completed', result: 'in time' },
    { status: 'cancelled' },
  ])
  expect(await list.get()).toMatchObject({ status: 'discarded', counts: { completed: 1, cancelled: 1 } })
})
