import type { JsonObject } from '../json/json-value.ts'
import type { DerivedTaskListStatus } from './derive-task-list-status.ts'
import type { ChangeEvent } from './entity.ts'
import { mergeMetadata } from './merge-metadata.ts'
import type { NewTask } from './task-changes.ts'
import { noTasks, type TaskCounts } from './task-counts.ts'
import type { TaskList } from './task-list.ts'
import { without } from './without.ts'

/** What a new task list is made of. */
export interface NewTaskList {
  /** Relative to the store's scope, or absolute with its colons (ENT-3). Without it a new one is made. */
  readonly id?: string
  /** The plan it belongs to, by the same rule; not checked to exist. */
  readonly planId?: string
  readonly title?: string
  readonly metadata?: JsonObject
  /** The first tasks, in order; they may refer to each other. */
  readonly tasks?: readonly NewTask[]
}

/** What may change about a list itself; what is left out stays. */
export interface TaskListUpdate {
  /** `null` takes it away. */
  readonly title?: string | null
  /** Merged one level deep; `null` removes a key. */
  readonly metadata?: JsonObject
}

/** A list without tasks (TASK-1). */
export function newTaskList(
  { title, metadata }: Pick<NewTaskList, 'title' | 'metadata'>,
  at: { readonly id: string; readonly planId: string | undefined; readonly now: number },
): TaskList {
  return {
    id: at.id,
    ...(at.planId !== undefined && { planId: at.planId }),
    ...(title !== undefined && { title }),
    status: 'pending',
    counts: noTasks,
    lastPosition: 0,
    ...(metadata && { metadata }),
    createdAt: at.now,
    updatedAt: at.now,
  }
}

/** The list with another title or metadata; the same object when nothing changes. */
export function applyTaskListUpdate(list: TaskList, update: TaskListUpdate, now: number): TaskList {
  const title = update.title === undefined ? list.title : (update.title ?? undefined)
  const metadata = mergeMetadata(list.metadata, update.metadata)
  if (title === list.title && metadata === list.metadata) return list
  return {
    ...without(list, ['title']),
    ...(title !== undefined && { title }),
    ...(metadata && { metadata }),
    updatedAt: now,
  }
}

/**
 * The list after its tasks changed: new counts and status, `startedAt` once it has left pending, `completedAt` while
 * it is over (TASK-6).
 */
export function settleTaskList(
  list: TaskList,
  settled: { readonly counts: TaskCounts; readonly status: DerivedTaskListStatus; readonly now: number },
): TaskList {
  const { counts, status, now } = settled
  const { startedAt = status === 'pending' ? undefined : now, completedAt = now } = list
  const isOver = status !== 'pending' && status !== 'in_progress'
  return {
    ...without(list, ['completedAt']),
    status,
    counts,
    updatedAt: now,
    ...(startedAt !== undefined && { startedAt }),
    ...(isOver && { completedAt }),
  }
}

/** The list after it was given up. Its tasks are cancelled beside it (TASK-9). */
export function discardTaskList(list: TaskList, reason: string | undefined, now: number): TaskList {
  return {
    ...list,
    status: 'discarded',
    updatedAt: now,
    discardedAt: now,
    ...(reason !== undefined && { discardReason: reason }),
  }
}

/** What a write of a list meant: `completed` and `discarded` when it became so, else `updated`. */
export function taskListEvent(before: TaskList, after: TaskList): ChangeEvent {
  if (before.status === after.status) return 'updated'
  return after.status === 'completed' || after.status === 'discarded' ? after.status : 'updated'
}
