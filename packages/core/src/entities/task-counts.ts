import type { Task, TaskStatus } from './task.ts'
import { isActiveTask } from './task-status.ts'

/** How many active tasks have each status. */
export type TaskCounts = Readonly<Record<TaskStatus, number>>

/** The counts of a list without tasks. */
export const noTasks: TaskCounts = {
  pending: 0,
  in_progress: 0,
  completed: 0,
  failed: 0,
  skipped: 0,
  cancelled: 0,
}

/** A task before and after a change; without `before` it is new. */
export interface TaskChange {
  readonly before?: Task
  readonly after: Task
}

/** Counts after some tasks changed, without looking at the others (TASK-7). */
export function countChanges(counts: TaskCounts, changes: readonly TaskChange[]): TaskCounts {
  const next = { ...counts }
  for (const { before, after } of changes) {
    if (before && isActiveTask(before)) next[before.status] -= 1
    if (isActiveTask(after)) next[after.status] += 1
  }
  return next
}

/** Counts of a whole list of tasks; removed ones do not count (TASK-6). */
export function countTasks(tasks: readonly Task[]): TaskCounts {
  return countChanges(
    noTasks,
    tasks.map((after) => ({ after })),
  )
}

/** How many tasks are active, and how many of them are done: completed or skipped. */
export function doneAndTotal(counts: TaskCounts): { readonly done: number; readonly total: number } {
  return {
    done: counts.completed + counts.skipped,
    total: Object.values(counts).reduce((sum, count) => sum + count, 0),
  }
}
