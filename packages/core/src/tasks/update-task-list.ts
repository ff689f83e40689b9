import { timeAfter, type CruxEnv } from '../commands/crux-env.ts'
import { unchanged, writing } from '../commands/decisions.ts'
import { readInput } from '../commands/read-input.ts'
import { applyTaskListUpdate, type TaskListUpdate } from '../entities/task-list-changes.ts'
import type { TaskList } from '../entities/task-list.ts'
import { transact } from '../store/index.ts'
import { openList } from './read-tasks.ts'
import { taskListUpdateSchema } from './task-schemas.ts'
import { writeTaskList } from './task-writes.ts'

/** Changes title or metadata of a list; writes nothing when nothing changes (TASK-2). */
export async function updateTaskList(env: CruxEnv, listId: string, input: TaskListUpdate): Promise<TaskList> {
  const update = readInput(taskListUpdateSchema, input, `Update of list "${listId}"`)
  return transact(env.store, listId, async () => {
    const list = openList(await env.store.get({ entity: 'tasklist', key: listId }), listId)
    const next = applyTaskListUpdate(list.value, update, timeAfter(env, list.value))
    return next === list.value ? unchanged(next) : writing([writeTaskList(list, next)], next)
  })
}
