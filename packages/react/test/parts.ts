import type { CruxDataPart, Plan, Task, TaskList } from '@crux/core'

// Revisions only have to grow, so that the newest part wins, also over what a mock transport counts from 1.
let revision = 1_000

export function planPart(plan: Plan): CruxDataPart {
  return { entity: 'plan', key: plan.id, value: { ...plan }, event: 'updated', revision: ++revision }
}

export function listPart(list: TaskList): CruxDataPart {
  return { entity: 'tasklist', key: list.id, value: { ...list }, event: 'updated', revision: ++revision }
}

export function taskPart(task: Task): CruxDataPart {
  const key = `${task.taskListId}/${task.id}`
  return { entity: 'task', key, value: { ...task }, event: 'updated', revision: ++revision }
}
