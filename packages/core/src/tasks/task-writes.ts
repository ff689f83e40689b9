import { deriveTaskListStatus, statusFromCounts } from '../entities/derive-task-list-status.ts'
import { countChanges } from '../entities/task-counts.ts'
import { taskEvent } from '../entities/task-event.ts'
import { settleTaskList, taskListEvent } from '../entities/task-list-changes.ts'
import type { TaskList } from '../entities/task-list.ts'
import type { Task } from '../entities/task.ts'
import { taskKey } from '../ids/index.ts'
import type { CruxStore, Write } from '../store/index.ts'
import { readTasks, type TaskListRecord, type TaskRecord } from './read-tasks.ts'

/** A task as it was read, and as it is to be; a new one was not read. */
export interface TaskStep {
  readonly before?: TaskRecord
  readonly after: Task
}

/** The write of a changed or new task. */
export function writeTask({ before, after }: TaskStep): Write<'task'> {
  return {
    entity: 'task',
    key: taskKey(after.taskListId, after.id),
    value: after,
    event: taskEvent({ after, ...(before && { before: before.value }) }),
    ifRevision: before?.revision ?? 0,
  }
}

/** The write of a changed list. */
export function writeTaskList(before: TaskListRecord, after: TaskList): Write<'tasklist'> {
  const event = taskListEvent(before.value, after)
  return { entity: 'tasklist', key: before.key, value: after, event, ifRevision: before.revision }
}

/**
 * The list after some of its tasks change, with counts and status (TASK-6). Reads no other task, unless the status
 * hangs on which tasks wait for which (TASK-7): the scan is no snapshot, but whatever changes a status or an edge writes
 * the list, so a scan that was overtaken is a lost race. Pass `tasks` when they have been read already.
 */
export async function settledList(
  store: Pick<CruxStore, 'list'>,
  list: TaskListRecord,
  steps: readonly TaskStep[],
  now: number,
  tasks?: readonly TaskRecord[],
): Promise<TaskList> {
  const changes = steps.map(({ before, after }) => ({ after, ...(before && { before: before.value }) }))
  const counts = countChanges(list.value.counts, changes)
  const known = statusFromCounts(counts)
  if (known !== undefined) return settleTaskList(list.value, { counts, status: known, now })

  const byId = new Map((tasks ?? (await readTasks(store, list.key))).map(({ value }) => [value.id, value]))
  for (const { after } of steps) byId.set(after.id, after)
  const status = deriveTaskListStatus([...byId.values()])
  return settleTaskList(list.value, { counts, status, now })
}
