import type { TaskListStatus } from './task-list.ts'
import type { Task } from './task.ts'
import { countTasks, doneAndTotal, type TaskCounts } from './task-counts.ts'
import { isActiveTask } from './task-status.ts'

/** What tasks can make of a list; `discarded` is decided by a person or an agent, not by tasks. */
export type DerivedTaskListStatus = Exclude<TaskListStatus, 'discarded'>

/**
 * The status of a list with these tasks (TASK-6). Removed tasks do not count, a dependency that is not among the tasks
 * counts as skipped.
 *
 * - no task, or all pending: `pending`
 * - any in progress: `in_progress`
 * - all terminal: `failed` if any failed, else `cancelled` if any was cancelled, else `completed`
 * - some pending, none of which can ever start, because of what failed or was cancelled before it: `failed`
 * - otherwise `in_progress`
 *
 * @example
 * deriveTaskListStatus(await list.getTasks()) // 'in_progress'
 */
export function deriveTaskListStatus(tasks: readonly Task[]): DerivedTaskListStatus {
  return statusFromCounts(countTasks(tasks)) ?? (isStuck(tasks) ? 'failed' : 'in_progress')
}

/**
 * The status as far as the counts tell it; `undefined` when it depends on which tasks wait for which: nothing is in
 * progress, some are pending and some failed or were cancelled (TASK-7).
 */
export function statusFromCounts(counts: TaskCounts): DerivedTaskListStatus | undefined {
  const { total } = doneAndTotal(counts)
  if (counts.pending === total) return 'pending'
  if (counts.in_progress > 0) return 'in_progress'
  if (counts.pending > 0) return counts.failed + counts.cancelled > 0 ? undefined : 'in_progress'
  if (counts.failed > 0) return 'failed'
  return counts.cancelled > 0 ? 'cancelled' : 'completed'
}

/** True when every pending task waits, directly or through others, for one that failed or was cancelled. */
function isStuck(tasks: readonly Task[]): boolean {
  const active = tasks.filter(isActiveTask)
  const waiting = new Map<string, string[]>()
  for (const task of active) {
    if (task.status !== 'pending') continue
    for (const dependency of task.dependsOn ?? []) {
      const dependents = waiting.get(dependency)
      if (dependents) dependents.push(task.id)
      else waiting.set(dependency, [task.id])
    }
  }

  // Outwards from what went wrong, and not inwards from each pending task: no recursion, and a loop cannot trap it.
  const reached = active
    .filter(({ status }) => status === 'failed' || status === 'cancelled')
    .map(({ id }) => id)
  const blocked = new Set<string>()
  for (let next = reached.pop(); next !== undefined; next = reached.pop()) {
    for (const dependent of waiting.get(next) ?? []) {
      if (blocked.has(dependent)) continue
      blocked.add(dependent)
      reached.push(dependent)
    }
  }
  return active.every(({ id, status }) => status !== 'pending' || blocked.has(id))
}
