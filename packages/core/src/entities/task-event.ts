import type { ChangeEvent } from './entity.ts'
import type { TaskChange } from './task-counts.ts'
import { isActiveTask } from './task-status.ts'

/** What a write of a task meant. A task that failed or was cancelled is `updated`; its status says the rest. */
export function taskEvent({ before, after }: TaskChange): ChangeEvent {
  if (before === undefined) return 'added'
  if (!isActiveTask(after) && isActiveTask(before)) return 'removed'
  return after.status === 'completed' && before.status !== 'completed' ? 'completed' : 'updated'
}
