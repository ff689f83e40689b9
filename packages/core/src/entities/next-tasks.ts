import { activeInOrder } from './task-order.ts'
import { isActiveTask } from './task-status.ts'
import type { Task } from './task.ts'

/**
 * The tasks that can be started now, in position order: pending ones whose dependencies are completed, skipped, removed
 * or gone (TASK-2).
 */
export function nextTasks(tasks: readonly Task[]): readonly Task[] {
  const inTheWay = new Set(
    tasks
      .filter((task) => isActiveTask(task) && task.status !== 'completed' && task.status !== 'skipped')
      .map(({ id }) => id),
  )
  return activeInOrder(tasks).filter(
    ({ status, dependsOn = [] }) => status === 'pending' && !dependsOn.some((id) => inTheWay.has(id)),
  )
}
