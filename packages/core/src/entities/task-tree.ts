import { isActiveTask } from './task-status.ts'
import type { Task } from './task.ts'

/** A task and what is shown under it. */
export interface TaskNode {
  readonly task: Task
  readonly children: readonly TaskNode[]
}

/**
 * Tasks as a tree: each active task under its nearest living ancestor, at the top if it has none (TASK-8). Siblings
 * keep the order they are given in.
 */
export function taskTree(tasks: readonly Task[]): readonly TaskNode[] {
  const byId = new Map(tasks.map((task) => [task.id, task]))
  const nodes = new Map(
    tasks.filter(isActiveTask).map((task) => [task.id, { task, children: new Array<TaskNode>() }]),
  )
  const roots: TaskNode[] = []
  for (const node of nodes.values()) {
    const parentId = livingParentId(node.task, byId)
    const siblings = parentId === undefined ? undefined : nodes.get(parentId)?.children
    ;(siblings ?? roots).push(node)
  }
  return roots
}

/** Id of the nearest ancestor that was not removed; `undefined` if there is none. */
export function livingParentId(task: Task, byId: ReadonlyMap<string, Task>): string | undefined {
  const passed = new Set([task.id])
  for (let at = task.parentId; at !== undefined && !passed.has(at); at = byId.get(at)?.parentId) {
    const parent = byId.get(at)
    if (parent !== undefined && isActiveTask(parent)) return at
    passed.add(at)
  }
  return undefined
}
