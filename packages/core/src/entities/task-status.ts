import type { Task, TaskStatus } from './task.ts'

/** Every status a task can have, in the order of its life. */
export const taskStatuses: readonly TaskStatus[] = [
  'pending',
  'in_progress',
  'completed',
  'failed',
  'skipped',
  'cancelled',
]

/** True for a status that only a retry leaves (TASK-4). */
export function isTerminalStatus(status: TaskStatus): boolean {
  return status !== 'pending' && status !== 'in_progress'
}

/** True for a task that counts: one that was not removed (TASK-8). */
export function isActiveTask(task: Task): boolean {
  return task.removedAt === undefined
}

/** True for an active task that still has to be worked on: pending or in progress. */
export function isOpenTask(task: Task): boolean {
  return isActiveTask(task) && !isTerminalStatus(task.status)
}
