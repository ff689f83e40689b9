import { timeAfter, type CruxEnv } from '../commands/crux-env.ts'
import { unchanged, writing } from '../commands/decisions.ts'
import { reasonSchema } from '../commands/field-schemas.ts'
import { readInput } from '../commands/read-input.ts'
import { readRecords } from '../commands/read-records.ts'
import { notFound } from '../entities/entity-errors.ts'
import { changeTaskStatus } from '../entities/task-changes.ts'
import { countChanges, type TaskCounts } from '../entities/task-counts.ts'
import { discardTaskList } from '../entities/task-list-changes.ts'
import type { TaskList } from '../entities/task-list.ts'
import { isOpenTask } from '../entities/task-status.ts'
import { transact, type Decision } from '../store/index.ts'
import { readListAndTasks, readTasks, type TaskListRecord, type TaskRecord } from './read-tasks.ts'
import { writeTask, writeTaskList } from './task-writes.ts'

/** How many open tasks are cancelled in one commit. */
const maxTasksPerCommit = 1000

/** After so many lost races the list is fenced first: each progress report of a busy list can win one. */
const maxLostRaces = 3

/**
 * Gives a list up (TASK-9).
 *
 *     up to 1,000 open tasks           [open tasks -> cancelled, list -> discarded]      one commit
 *     more, or after 3 lost races      [list -> discarded]                               the fence
 *                                      [1,000 tasks -> cancelled, list counts] ...       the sweep
 *
 * Every change of a task reads its list and either writes it too or is only progress, so once the fence stands nothing
 * new can begin. A sweep that was interrupted is finished by the next discard.
 */
export async function discardList(
  env: CruxEnv,
  listId: string,
  reason: string | undefined,
): Promise<TaskList> {
  const { store } = env
  const given = readInput(reasonSchema, { reason }, `Discard of list "${listId}"`)
  let attempts = 0

  const list = await transact<TaskList>(store, listId, async () => {
    const list = await store.get({ entity: 'tasklist', key: listId })
    if (list === undefined) throw notFound('tasklist', listId)
    if (list.value.status === 'discarded') return unchanged(list.value)
    const next = discardTaskList(list.value, given.reason, timeAfter(env, list.value))
    attempts += 1
    if (openCount(next.counts) > maxTasksPerCommit || attempts > maxLostRaces) {
      return writing([writeTaskList(list, next)], next)
    }
    const open = (await readTasks(store, listId)).filter(({ value }) => isOpenTask(value))
    return cancelAll(list, next, open)
  })
  return openCount(list.counts) === 0 ? list : sweep(env, list)
}

/** Cancels what is still open in a list that is discarded already. */
async function sweep(env: CruxEnv, list: TaskList): Promise<TaskList> {
  const { store } = env
  const listId = list.id
  const sweepSome = (ids: readonly string[]) =>
    transact(store, listId, async () => {
      const read = await readListAndTasks(store, listId, ids)
      const open = read.tasks.flatMap((task) => (task !== undefined && isOpenTask(task.value) ? [task] : []))
      if (read.list === undefined || open.length === 0) return unchanged(read.list?.value ?? list)
      return cancelAll(read.list, { ...read.list.value, updatedAt: timeAfter(env, read.list.value) }, open)
    })

  let swept = list
  let ids: string[] = []
  for await (const { value } of readRecords(store, { entity: 'task', prefix: `${listId}/` })) {
    if (isOpenTask(value)) ids.push(value.id)
    if (ids.length < maxTasksPerCommit) continue
    swept = await sweepSome(ids)
    ids = []
  }
  return ids.length === 0 ? swept : sweepSome(ids)
}

function cancelAll(list: TaskListRecord, next: TaskList, open: readonly TaskRecord[]): Decision<TaskList> {
  const outcome = next.discardReason === undefined ? {} : { reason: next.discardReason }
  const steps = open.map((before) => ({
    before,
    after: changeTaskStatus(
      before.value,
      'cancelled',
      outcome,
      Math.max(next.updatedAt, before.value.updatedAt),
    ),
  }))
  const changes = steps.map(({ before, after }) => ({ before: before.value, after }))
  const counted = { ...next, counts: countChanges(next.counts, changes) }
  return writing([...steps.map(writeTask), writeTaskList(list, counted)], counted)
}

function openCount({ pending, in_progress }: TaskCounts): number {
  return pending + in_progress
}
