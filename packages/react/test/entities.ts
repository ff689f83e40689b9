import type { Plan, Task, TaskList, TaskStatus } from '@crux/core'

export function aPlan(id: string, fields: Partial<Plan> = {}): Plan {
  return { id, title: `Plan ${id}`, content: '', version: 1, createdAt: 1, updatedAt: 1, ...fields }
}

export function aList(
  id: string,
  { counts, ...fields }: Partial<Omit<TaskList, 'counts'>> & { counts?: Partial<TaskList['counts']> } = {},
): TaskList {
  return {
    id,
    status: 'pending',
    counts: { pending: 0, in_progress: 0, completed: 0, failed: 0, skipped: 0, cancelled: 0, ...counts },
    lastPosition: 0,
    createdAt: 1,
    updatedAt: 1,
    ...fields,
  }
}

export function aTask(taskListId: string, id: string, fields: Partial<Task> = {}): Task {
  const status: TaskStatus = 'pending'
  return {
    id,
    taskListId,
    label: `Task ${id}`,
    status,
    position: 1,
    attempt: 1,
    createdAt: 1,
    updatedAt: 1,
    ...fields,
  }
}

/** `count` tasks named `t0`, `t1`, … in order. */
export function manyTasks(taskListId: string, count: number): Task[] {
  return Array.from({ length: count }, (_, index) => aTask(taskListId, `t${index}`, { position: index }))
}
