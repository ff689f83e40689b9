import { timeAfter, type CruxEnv } from '../commands/crux-env.ts'
import { unchanged, writing } from '../commands/decisions.ts'
import { readInput } from '../commands/read-input.ts'
import { taskCycle } from '../entities/entity-errors.ts'
import { findCycle } from '../entities/find-cycle.ts'
import { applyTaskPatch, type TaskPatch } from '../entities/task-changes.ts'
import { isActiveTask } from '../entities/task-status.ts'
import type { Task } from '../entities/task.ts'
import { isSameJson } from '../json/is-same-json.ts'
import { transact, type Decision } from '../store/index.ts'
import { livingTask, openList, readListAndTasks, readTasks, type TaskRecord } from './read-tasks.ts'
import { taskPatchSchema } from './task-schemas.ts'
import { settledList, writeTask, writeTaskList } from './task-writes.ts'

/**
 * Patches a task (TASK-3). A change of status or edges also writes the list: the status because it is counted there,
 * the edges so that of two that close a circle together one loses the race and looks again.
 */
export async function updateTask(
  env: CruxEnv,
  listId: string,
  taskId: string,
  input: TaskPatch,
): Promise<Task> {
  const { store } = env
  const patch = readInput(taskPatchSchema, input, `Update of task "${taskId}" of list "${listId}"`)
  const targets = [...new Set([patch.parentId ?? [], patch.dependsOn ?? []].flat())]

  const decide = async (): Promise<Decision<Task>> => {
    const read = await readListAndTasks(store, listId, [taskId, ...targets])
    const list = openList(read.list, listId)
    const before = livingTask(read.tasks[0], listId, taskId)
    const now = timeAfter(env, list.value, before.value)
    const after = applyTaskPatch(before.value, patch, now)
    if (after === before.value) return unchanged(after)

    const step = { before, after }
    const isNewEdge = !hasSameEdges(before.value, after)
    let tasks: readonly TaskRecord[] | undefined
    if (isNewEdge) {
      targets.forEach((id, index) => livingTask(read.tasks[index + 1], listId, id))
      tasks = await readTasks(store, listId)
      const error = closedCycle(after, tasks)
      if (error !== undefined) {
        // The tasks were read page by page. The circle is real only if no edge changed meanwhile.
        const present = await store.get({ entity: 'tasklist', key: listId })
        if (present?.revision !== list.revision) return decide()
        throw error
      }
    }
    const isCounted = isNewEdge || after.status !== before.value.status
    if (!isCounted) return writing([writeTask(step)], after)
    const next = await settledList(store, list, [step], now, tasks)
    return writing([writeTask(step), writeTaskList(list, next)], after)
  }
  return transact(store, listId, decide)
}

function hasSameEdges(a: Task, b: Task): boolean {
  return a.parentId === b.parentId && isSameJson(a.dependsOn, b.dependsOn)
}

/** The error for a circle that the changed task's edges close, if they do. Removed tasks wait for nothing. */
function closedCycle(changed: Task, tasks: readonly TaskRecord[]) {
  const byId = new Map(
    tasks.flatMap(({ value }) => (isActiveTask(value) ? [[value.id, value] as const] : [])),
  ).set(changed.id, changed)
  const parents = findCycle([changed.id], (id) => [byId.get(id)?.parentId ?? []].flat())
  if (parents) return taskCycle(changed.taskListId, 'parentId', parents)
  const dependencies = findCycle([changed.id], (id) => byId.get(id)?.dependsOn ?? [])
  return dependencies && taskCycle(changed.taskListId, 'dependsOn', dependencies)
}
