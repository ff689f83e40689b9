import { inMemoryCruxStore, type Task, type TaskStatus } from '@crux/core'
import { deriveTaskListStatus, type DerivedTaskListStatus } from '@crux/core/tasks'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { counting, setUp } from '../entities/crux-kit.ts'

interface Sketch {
  readonly status: TaskStatus
  readonly dependsOn?: readonly string[]
  readonly removed?: boolean
}

function tasksOf(sketches: Readonly<Record<string, Sketch>>): Task[] {
  return Object.entries(sketches).map(([id, { status, dependsOn, removed = false }], position) => ({
    id,
    taskListId: 'work',
    label: id,
    status,
    position,
    attempt: 1,
    createdAt: 0,
    updatedAt: 0,
    ...(dependsOn && { dependsOn }),
    ...(removed && { removedAt: 1 }),
  }))
}

const waiting = (...dependsOn: string[]): Sketch => ({ status: 'pending', dependsOn })
const is = (status: TaskStatus): Sketch => ({ status })

test.each<[string, DerivedTaskListStatus, Record<string, Sketch>]>([
  ['no task', 'pending', {}],
  ['only removed tasks', 'pending', { a: { status: 'failed', removed: true } }],
  ['all pending', 'pending', { a: is('pending'), b: waiting('a') }],
  [
    'one in progress beside a failure',
    'in_progress',
    { a: is('in_progress'), b: is('failed'), c: waiting('b') },
  ],
  ['some done, some pending', 'in_progress', { a: is('completed'), b: is('pending') }],
  ['all completed or skipped', 'completed', { a: is('completed'), b: is('skipped') }],
  ['all terminal, one cancelled', 'cancelled', { a: is('completed'), b: is('cancelled') }],
  ['all terminal, one failed', 'failed', { a: is('cancelled'), b: is('failed'), c: is('completed') }],
  ['a failure beside work that can start', 'in_progress', { a: is('failed'), b: is('pending') }],
  ['all pending wait for a failure', 'failed', { a: is('failed'), b: waiting('a'), c: waiting('b') }],
  ['all pending wait for a cancellation', 'failed', { a: is('cancelled'), b: waiting('a') }],
  ['a circle that waits for a failure', 'failed', { a: is('failed'), b: waiting('a', 'c'), c: waiting('b') }],
  ['a circle of its own', 'in_progress', { a: is('failed'), b: waiting('c'), c: waiting('b') }],
  ['one of two can start', 'in_progress', { a: is('failed'), b: waiting('a'), c: is('pending') }],
  [
    'one waits for work that can start',
    'in_progress',
    { a: is('failed'), b: is('pending'), c: waiting('b') },
  ],
  ['waiting for a skipped task', 'in_progress', { a: is('skipped'), b: waiting('a'), c: is('failed') }],
  ['waiting for what is gone', 'in_progress', { b: waiting('gone'), c: is('failed') }],
  [
    'waiting for a removed failure',
    'in_progress',
    { a: { status: 'failed', removed: true }, b: waiting('a'), c: is('failed') },
  ],
  [
    'a removed task waits for a failure',
    'failed',
    { a: is('failed'), b: { status: 'pending', removed: true } },
  ],
])('TASK-6 %s: %s', (_name, expected, sketches) => {
  expect(deriveTaskListStatus(tasksOf(sketches))).toBe(expected)
})

/** The rule as it is said, one task at a time. */
function bySaying(tasks: readonly Task[]): DerivedTaskListStatus {
  const active = tasks.filter(({ removedAt }) => removedAt === undefined)
  const neverStarts = (task: Task): boolean =>
    (task.dependsOn ?? []).some((id) => {
      const dependency = active.find((other) => other.id === id)
      if (dependency === undefined) return false
      if (dependency.status === 'pending') return neverStarts(dependency)
      return dependency.status === 'failed' || dependency.status === 'cancelled'
    })
  const some = (status: TaskStatus) => active.some((task) => task.status === status)
  if (active.every(({ status }) => status === 'pending')) return 'pending'
  if (some('in_progress')) return 'in_progress'
  if (some('pending')) {
    return active.every((task) => task.status !== 'pending' || neverStarts(task)) ? 'failed' : 'in_progress'
  }
  return some('failed') ? 'failed' : some('cancelled') ? 'cancelled' : 'completed'
}

const statusArbitrary = fc.constantFrom<TaskStatus>(
  'pending',
  'pending',
  'pending',
  'in_progress',
  'completed',
  'failed',
  'skipped',
  'cancelled',
)

/** Tasks whose dependencies point at earlier ones, so that there is no circle. */
const tasksArbitrary = fc
  .array(
    fc.record({
      status: statusArbitrary,
      edges: fc.array(fc.nat(11), { maxLength: 3 }),
      removed: fc.integer({ min: 0, max: 5 }).map((dice) => dice === 0),
    }),
    { maxLength: 12 },
  )
  .map((rows) =>
    tasksOf(
      Object.fromEntries(
        rows.map(({ status, edges, removed }, index) => [
          `t${index}`,
          { status, removed, dependsOn: edges.filter((edge) => edge < index).map((edge) => `t${edge}`) },
        ]),
      ),
    ),
  )

test('TASK-6 the derived status is what the rule says, for any list', () => {
  fc.assert(
    fc.property(tasksArbitrary, (tasks) => {
      expect(deriveTaskListStatus(tasks)).toBe(bySaying(tasks))
    }),
    { numRuns: 1_000 },
  )
})

test('TASK-6 startedAt is set when the list first leaves pending, completedAt while it is over', async () => {
  const { crux, clock } = setUp()
  const list = await crux.tasklist({ tasks: ['a', 'b'].map((id) => ({ id, label: id })) })
  clock.advance(10)
  await list.startTask('a')
  expect(await list.get()).toMatchObject({ status: 'in_progress', startedAt: 1_010 })
  clock.advance(10)
  await list.completeTask('a')
  await list.failTask('b', 'boom')
  expect(await list.get()).toMatchObject({ status: 'failed', startedAt: 1_010, completedAt: 1_020 })
  clock.advance(10)
  await list.retryTask('b')
  const again = await list.get()
  expect(again).toMatchObject({ status: 'in_progress', startedAt: 1_010 })
  expect(again).not.toHaveProperty('completedAt')
  await list.completeTask('b')
  expect(await list.get()).toMatchObject({ status: 'completed', completedAt: 1_030 })
  clock.advance(10)
  await list.removeTask('b')
  expect(await list.get()).toMatchObject({ status: 'completed', completedAt: 1_030, updatedAt: 1_040 })
  await list.addTask({ id: 'c', label: 'C' })
  expect(await list.get()).toMatchObject({ status: 'in_progress', startedAt: 1_010 })
  await list.removeTask('a')
  expect(await list.get()).toMatchObject({ status: 'pending', startedAt: 1_010 })
})

test('TASK-7 in a list of 10,000 tasks a completion reads and writes two records, progress writes one', async () => {
  const base = inMemoryCruxStore()
  const tasks = Array.from({ length: 10_000 }, (_, index) => ({
    id: `t${index}`,
    label: 'T',
    dependsOn: ['t0'].slice(index === 0 ? 1 : 0),
  }))
  await setUp(base).crux.tasklist({ id: 'work', tasks })
  const { store, counts } = counting(base)
  const list = setUp(store).crux.taskListAgent('work')
  const cost = async (work: () => Promise<unknown>) => {
    const before = { ...counts }
    await work()
    return {
      reads: counts.reads - before.reads,
      recordsRead: counts.recordsRead - before.recordsRead,
      commits: counts.commits - before.commits,
      recordsWritten: counts.recordsWritten - before.recordsWritten,
    }
  }

  const two = { reads: 1, recordsRead: 2, commits: 1, recordsWritten: 2 }
  expect(await cost(() => list.startTask('t0'))).toEqual(two)
  expect(await cost(() => list.completeTask('t0'))).toEqual(two)
  expect(await cost(() => list.completeTask('t1'))).toEqual(two)
  expect(await cost(() => list.reportProgress('t2', 'x'))).toEqual({ ...two, recordsWritten: 1 })
  expect(await cost(() => list.completeTask('t1'))).toEqual({ ...two, commits: 0, recordsWritten: 0 })

  // Only now does the status hang on who waits for whom: the list is scanned once.
  const scan = await cost(() => list.failTask('t3', 'boom'))
  expect(scan).toMatchObject({ commits: 1, recordsWritten: 2, recordsRead: 10_002 })
  expect(await cost(() => list.startTask('t4'))).toEqual(two)
  expect(await cost(() => list.completeTask('t5'))).toEqual(two)
  expect(await list.get()).toMatchObject({
    status: 'in_progress',
    counts: { completed: 3, failed: 1, in_progress: 1 },
  })
})
