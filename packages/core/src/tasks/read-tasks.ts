import { readRecords } from '../commands/read-records.ts'
import { discarded, notFound, taskNotFound, taskRemoved } from '../entities/entity-errors.ts'
import type { EntityRef } from '../entities/entity.ts'
import { isActiveTask } from '../entities/task-status.ts'
import { taskKey } from '../ids/index.ts'
import type { CruxRecord, CruxStore } from '../store/index.ts'

/** A list as the store has it. */
export type TaskListRecord = CruxRecord<'tasklist'>

/** A task as the store has it. */
export type TaskRecord = CruxRecord<'task'>

/** A list and some of its tasks as of one position; what is missing is `undefined`. */
export interface ListAndTasks {
  readonly list: TaskListRecord | undefined
  readonly tasks: readonly (TaskRecord | undefined)[]
}

/** Reads a list and these of its tasks at one position, so that a refusal is true of one moment (STO-1). */
export async function readListAndTasks(
  store: Pick<CruxStore, 'getMany'>,
  listId: string,
  taskIds: readonly string[],
): Promise<ListAndTasks> {
  const listRef: EntityRef = { entity: 'tasklist', key: listId }
  const taskRefs = taskIds.map((id): EntityRef => ({ entity: 'task', key: taskKey(listId, id) }))
  const [list, ...tasks] = await store.getMany([listRef, ...taskRefs])
  return {
    list: list?.entity === 'tasklist' ? list : undefined,
    tasks: tasks.map((task) => (task?.entity === 'task' ? task : undefined)),
  }
}

/** Every task of a list, removed ones included, in key order. Not as of one position. */
export async function readTasks(store: Pick<CruxStore, 'list'>, listId: string): Promise<TaskRecord[]> {
  const tasks: TaskRecord[] = []
  for await (const task of readRecords(store, { entity: 'task', prefix: `${listId}/` })) tasks.push(task)
  return tasks
}

/** The list if it may change: throws `not-found` or `discarded`. */
export function openList(list: TaskListRecord | undefined, listId: string): TaskListRecord {
  if (list === undefined) throw notFound('tasklist', listId)
  if (list.value.status === 'discarded') throw discarded('tasklist', list.value)
  return list
}

/** The task if it is there: throws `not-found`. */
export function presentTask(task: TaskRecord | undefined, listId: string, id: string): TaskRecord {
  if (task === undefined) throw taskNotFound(listId, id)
  return task
}

/** The task if it may change: throws `not-found` or `removed`. */
export function livingTask(task: TaskRecord | undefined, listId: string, id: string): TaskRecord {
  const present = presentTask(task, listId, id)
  if (!isActiveTask(present.value)) throw taskRemoved(present.value)
  return present
}
