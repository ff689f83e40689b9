import type { JsonObject } from '../json/json-value.ts'
import type { TaskStatus } from './task.ts'

/** Where a task list stands, derived from its tasks in the same commit that changes them (TASK-6). */
export type TaskListStatus = 'pending' | 'in_progress' | 'completed' | 'failed' | 'cancelled' | 'discarded'

/** A list of tasks, usually of one plan. Times are milliseconds since the epoch. `id` is its key (ENT-3). */
export interface TaskList {
  readonly id: string
  /** Key of the plan it belongs to; not checked to exist (PLAN-9). */
  readonly planId?: string
  readonly title?: string
  readonly status: TaskListStatus
  /** How many active (not removed) tasks have each status (TASK-7). */
  readonly counts: Readonly<Record<TaskStatus, number>>
  /** The highest position ever given out at the end of the list (TASK-3). */
  readonly lastPosition: number
  readonly metadata?: JsonObject
  readonly createdAt: number
  readonly updatedAt: number
  readonly startedAt?: number
  readonly completedAt?: number
  readonly discardedAt?: number
  readonly discardReason?: string
}
