import type { Task, TaskList, TaskStatus } from '@crux/core'

/** How far a task list is. */
export interface TaskListProgress {
  /** Completed and skipped tasks. */
  readonly completed: number
  /** All active tasks: removed ones do not count. */
  readonly total: number
  /** `completed / total`, 0 to 100, not rounded; 0 without tasks. */
  readonly percent: number
  /** From the list's first start to its end, else to its last change, in milliseconds: it does not tick. 0 before. */
  readonly elapsedMs: number
  /** What the open tasks take if each takes as long as a settled one did; absent before the first and at the end. */
  readonly etaMs?: number
}

type Counts = Readonly<Partial<Record<TaskStatus, number>>>

/** Progress of a list from how many tasks have each status: no matter how many tasks it has, it costs the same. */
export function taskListProgress(list: TaskList, counts: Counts): TaskListProgress {
  const { pending = 0, in_progress = 0, completed = 0, skipped = 0, failed = 0, cancelled = 0 } = counts
  const open = pending + in_progress
  const settled = completed + skipped + failed + cancelled
  const total = open + settled
  const done = completed + skipped
  const { startedAt, completedAt, updatedAt } = list
  const elapsedMs = startedAt === undefined ? 0 : Math.max(0, (completedAt ?? updatedAt) - startedAt)
  return {
    completed: done,
    total,
    percent: total === 0 ? 0 : (done / total) * 100,
    elapsedMs,
    ...(open > 0 && settled > 0 && elapsedMs > 0 && { etaMs: (elapsedMs / settled) * open }),
  }
}

/** How many of these tasks have each status. */
export function countByStatus(tasks: readonly Task[]): Counts {
  const counts: Partial<Record<TaskStatus, number>> = {}
  for (const { status } of tasks) counts[status] = (counts[status] ?? 0) + 1
  return counts
}
