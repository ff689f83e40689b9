import { timeAfter, type CruxEnv } from '../commands/crux-env.ts'
import { unchanged, writing } from '../commands/decisions.ts'
import { invalidValue } from '../entities/entity-errors.ts'
import { activeInOrder, positionsAfterMove, type MoveTarget } from '../entities/task-order.ts'
import type { Task } from '../entities/task.ts'
import { transact } from '../store/index.ts'
import { livingTask, openList, readListAndTasks, readTasks } from './read-tasks.ts'
import { writeTask, writeTaskList } from './task-writes.ts'

/** Moves a task right before or after another one (TASK-3). The list is written too, so that moves go one by one. */
export async function moveTask(
  env: CruxEnv,
  listId: string,
  taskId: string,
  target: MoveTarget,
): Promise<Task> {
  const targetId = moveTargetId(target, taskId)
  return transact(env.store, listId, async () => {
    const read = await readListAndTasks(env.store, listId, [taskId, targetId])
    const list = openList(read.list, listId)
    const present = livingTask(read.tasks[0], listId, taskId)
    livingTask(read.tasks[1], listId, targetId)

    const tasks = await readTasks(env.store, listId)
    const ordered = activeInOrder(tasks.map(({ value }) => value))
    const positions = positionsAfterMove(ordered, taskId, target, list.value.lastPosition)
    if (positions.size === 0) return unchanged(present.value)

    const now = timeAfter(env, list.value)
    const steps = tasks.flatMap((before) => {
      const position = positions.get(before.value.id)
      if (position === undefined || position === before.value.position) return []
      return [{ before, after: { ...before.value, position, updatedAt: now } }]
    })
    const lastPosition = [...positions.values()].reduce(
      (end, each) => Math.max(end, each),
      list.value.lastPosition,
    )
    const next = { ...list.value, lastPosition, updatedAt: now }
    const moved = steps.find(({ after }) => after.id === taskId)?.after ?? present.value
    return writing([...steps.map(writeTask), writeTaskList(list, next)], moved)
  })
}

function moveTargetId({ before, after }: MoveTarget, taskId: string): string {
  const id = before ?? after
  if (id === undefined || (before !== undefined && after !== undefined)) {
    throw invalidValue(
      `Move of task "${taskId}"`,
      '$',
      'needs either before or after, with the id of another task',
    )
  }
  if (id === taskId)
    throw invalidValue(`Move of task "${taskId}"`, '$', 'names the task itself; name another one')
  return id
}
