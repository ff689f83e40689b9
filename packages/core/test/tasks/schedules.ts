import { createCrux, CruxError, type CruxStore, type Task, type TaskList } from '@crux/core'
import { deriveTaskListStatus, type TaskListHandle } from '@crux/core/tasks'
import fc from 'fast-check'
import { expect } from 'vitest'

const ids = ['a', 'b', 'c', 'd', 'e'] as const
const anyId = fc.constantFrom(...ids)

/** One call of one worker. */
const operation = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('start' as const), id: anyId }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('progress' as const), id: anyId }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('complete' as const), id: anyId }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('fail' as const), id: anyId }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), id: anyId }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('retry' as const), id: anyId }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), id: anyId }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('add' as const), id: anyId, on: anyId }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('edge' as const), id: anyId, on: anyId }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('move' as const), id: anyId, on: anyId }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('discard' as const), id: anyId }) },
)

type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never

/** What two to four workers do to one list. */
export const schedule = fc.array(fc.array(operation, { minLength: 1, maxLength: 8 }), {
  minLength: 2,
  maxLength: 4,
})

/** What a refusal may be; anything else is a bug. */
const refusals = new Set([
  'not-found',
  'already-exists',
  'invalid-transition',
  'removed',
  'discarded',
  'cycle',
  'invalid-value',
])

async function perform(list: TaskListHandle, operation: Operation, completed: Set<string>): Promise<void> {
  const { kind, id } = operation
  switch (kind) {
    case 'start':
      return void (await list.startTask(id))
    case 'progress':
      return void (await list.reportProgress(id, { message: `m${Math.random()}`, percent: 50 }))
    case 'complete':
      completed.add((await list.completeTask(id)).id)
      return
    case 'fail':
      return void (await list.failTask(id, 'boom'))
    case 'cancel':
      return void (await list.cancelTask(id, 'why'))
    case 'retry':
      return void (await list.retryTask(id))
    case 'remove':
      return void (await list.removeTask(id))
    case 'add':
      return void (await list.addTask({ id, label: id, dependsOn: [operation.on], parentId: operation.on }))
    case 'edge':
      return void (await list.updateTask(id, { dependsOn: [operation.on], parentId: operation.on }))
    case 'move':
      return void (await list.moveTask(id, { after: operation.on }))
    case 'discard':
      return void (await list.discard('enough'))
  }
}

/** Looks at the list after each commit, as an observer of the store sees it. */
function watch(store: CruxStore, problems: string[]): void {
  const tasks = new Map<string, Task>()
  let list: TaskList | undefined
  const check = (holds: boolean, problem: string) => holds || problems.push(problem)
  store.subscribe(({ changes }) => {
    for (const { entity, value } of changes) {
      if (entity === 'task') {
        const before = tasks.get(value.id)
        if (before) checkTask(before, value, check)
        tasks.set(value.id, value)
      } else if (entity === 'tasklist') {
        check(
          list?.status !== 'discarded' || value.status === 'discarded',
          `discarded became ${value.status}`,
        )
        list = value
      }
    }
    if (list) checkList(list, [...tasks.values()], check)
  })
}

type Check = (holds: boolean, problem: string) => unknown

function checkTask(before: Task, after: Task, check: Check): void {
  const said = `${before.id}: ${JSON.stringify(before)} -> ${JSON.stringify(after)}`
  check(before.removedAt === undefined || after.removedAt === before.removedAt, `came back: ${said}`)
  if (before.status === 'pending' || before.status === 'in_progress') return
  if (after.status !== before.status) {
    check(
      after.status === 'pending' && after.attempt === before.attempt + 1,
      `left a terminal status: ${said}`,
    )
    check(before.status !== 'completed', `lost a completion: ${said}`)
    return
  }
  for (const name of ['attempt', 'endedAt', 'error', 'reason', 'progress', 'percent'] as const) {
    check(before[name] === after[name], `changed ${name} of a terminal task: ${said}`)
  }
}

function checkList(list: TaskList, tasks: readonly Task[], check: Check): void {
  const active = tasks.filter(({ removedAt }) => removedAt === undefined)
  for (const [status, count] of Object.entries(list.counts)) {
    const actual = active.filter((task) => task.status === status).length
    check(actual === count, `${count} counted as ${status}, there are ${actual}`)
  }
  const derived = deriveTaskListStatus(tasks)
  check(list.status === 'discarded' || list.status === derived, `status ${list.status}, derived ${derived}`)
  check(list.lastPosition >= Math.max(0, ...tasks.map(({ position }) => position)), 'lastPosition is behind')
  for (const { id, parentId } of active) {
    check(
      parentId === undefined || active.some((task) => task.id === parentId),
      `${id} hangs under what is gone`,
    )
  }
}

/** Lets workers loose on one list; each writes through one of `handles`, and what they commit is looked at through `base`. */
export async function runSchedule(
  base: CruxStore,
  handles: readonly CruxStore[],
  plan: readonly (readonly Operation[])[],
) {
  const problems: string[] = []
  watch(base, problems)
  const { id } = await createCrux({ store: base }).tasklist({
    tasks: ids.slice(0, 4).map((each, index) => ({
      id: each,
      label: each,
      ...(index > 1 && { dependsOn: [ids[index - 2] ?? 'a'] }),
    })),
  })
  const completed = new Set<string>()
  const workers = plan.map(async (operations, index) => {
    const list = createCrux({ store: handles[index % handles.length] ?? base }).taskListAgent(id)
    for (const each of operations) {
      await perform(list, each, completed).catch((error: unknown) => {
        if (!CruxError.is(error) || !refusals.has(error.code)) throw error
      })
    }
  })
  return {
    done: Promise.all(workers),
    problems,
    completed,
    list: createCrux({ store: base }).taskListAgent(id),
  }
}

/** Afterwards: the list is what its tasks say (TASK-10), no step was out of order, and no completion was lost. */
export async function expectRest({
  problems,
  completed,
  list,
}: Awaited<ReturnType<typeof runSchedule>>): Promise<void> {
  const tasks = await list.getTasks({ includeRemoved: true })
  checkList((await list.get()) as TaskList, tasks, (holds, problem) => holds || problems.push(problem))
  expect(problems).toEqual([])
  for (const id of completed)
    expect(tasks.find((task) => task.id === id)).toMatchObject({ status: 'completed' })
}
