import { timeAfter, type CruxEnv } from '../commands/crux-env.ts'
import { unchanged, writing } from '../commands/decisions.ts'
import { livingParentId } from '../entities/task-tree.ts'
import { isActiveTask } from '../entities/task-status.ts'
import type { Task } from '../entities/task.ts'
import { without } from '../entities/without.ts'
import { transact } from '../store/index.ts'
import { openList, presentTask, readListAndTasks, readTasks } from './read-tasks.ts'
import { settledList, writeTask, writeTaskList, type TaskStep } from './task-writes.ts'

/**
 * Soft-deletes a task; a second time changes nothing (TASK-8). In the same commit its children move to their nearest
 * living ancestor: a client that connects later never hears of a removed task and could not look past it.
 */
export function removeTask(env: CruxEnv, listId: string, taskId: string): Promise<Task> {
  return transact(env.store, listId, async () => {
    const read = await readListAndTasks(env.store, listId, [taskId])
    const list = openList(read.list, listId)
    const before = presentTask(read.tasks[0], listId, taskId)
    if (!isActiveTask(before.value)) return unchanged(before.value)

    const now = timeAfter(env, list.value, before.value)
    const after: Task = { ...before.value, removedAt: now, updatedAt: now }
    // Whatever changes a parent writes the list, so children that this scan misses make the commit a lost race.
    const tasks = await readTasks(env.store, listId)
    const parentId = livingParentId(after, new Map(tasks.map(({ value }) => [value.id, value])))
    const steps: TaskStep[] = [{ before, after }]
    for (const child of tasks) {
      if (child.value.parentId !== taskId || !isActiveTask(child.value)) continue
      const moved = {
        ...without(child.value, ['parentId']),
        ...(parentId !== undefined && { parentId }),
        updatedAt: now,
      }
      steps.push({ before: child, after: moved })
    }
    const next = await settledList(env.store, list, steps, now, tasks)
    return writing([...steps.map(writeTask), writeTaskList(list, next)], after)
  })
}
