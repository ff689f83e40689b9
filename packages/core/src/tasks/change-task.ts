import { timeAfter, type CruxEnv } from '../commands/crux-env.ts'
import { unchanged, writing } from '../commands/decisions.ts'
import { readInput } from '../commands/read-input.ts'
import { applyTaskProgress, type TaskProgress } from '../entities/task-changes.ts'
import { isOpenTask } from '../entities/task-status.ts'
import type { Task } from '../entities/task.ts'
import { transact } from '../store/index.ts'
import { livingTask, openList, presentTask, readListAndTasks } from './read-tasks.ts'
import { progressSchema } from './task-schemas.ts'
import { settledList, writeTask, writeTaskList } from './task-writes.ts'

/** What came of a progress report. */
export interface ProgressOutcome {
  /** The task as it is now. */
  readonly task: Task
  /** True when the report came too late: the task is over or removed, or its list was discarded. */
  readonly ignored: boolean
}

/**
 * Changes a task's status: two records are read and two written, the task and its list, in one commit (TASK-7). Both
 * carry the revision that was read, so that neither a discard nor another change of the task slips in between.
 */
export function changeTask(
  env: CruxEnv,
  listId: string,
  taskId: string,
  change: (task: Task, now: number) => Task,
): Promise<Task> {
  return transact(env.store, listId, async () => {
    const read = await readListAndTasks(env.store, listId, [taskId])
    const list = openList(read.list, listId)
    const before = livingTask(read.tasks[0], listId, taskId)
    const now = timeAfter(env, list.value, before.value)
    const after = change(before.value, now)
    if (after === before.value) return unchanged(after)
    const step = { before, after }
    const next = await settledList(env.store, list, [step], now)
    return writing([writeTask(step), writeTaskList(list, next)], after)
  })
}

/**
 * Writes progress, and only the task's record (TASK-7). The list is read with it, at one position: a discard that
 * commits after that read either wrote this task too, so that this write is a lost race, or was going to cancel it in a
 * later commit, which then takes the progress in. Either way nothing but progress can land on a discarded list.
 */
export async function reportTaskProgress(
  env: CruxEnv,
  listId: string,
  taskId: string,
  report: TaskProgress | string,
): Promise<ProgressOutcome> {
  const message = typeof report === 'string' ? { message: report } : report
  const progress = readInput(progressSchema, message, `Progress of task "${taskId}" of list "${listId}"`)
  return transact<ProgressOutcome>(env.store, listId, async () => {
    const read = await readListAndTasks(env.store, listId, [taskId])
    const before = presentTask(read.tasks[0], listId, taskId)
    const task = before.value
    const isLate = read.list === undefined || read.list.value.status === 'discarded' || !isOpenTask(task)
    if (isLate) return unchanged({ task, ignored: true })
    const after = applyTaskProgress(task, progress, timeAfter(env, task))
    const outcome = { task: after, ignored: false }
    return writing(after === task ? [] : [writeTask({ before, after })], outcome)
  })
}
