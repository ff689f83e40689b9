import type { EntityName, EntityValues } from '../entities/entity.ts'
import type { Plan } from '../entities/plan.ts'
import type { TaskList } from '../entities/task-list.ts'
import type { Task } from '../entities/task.ts'
import type { CruxDataPart } from '../wire/crux-data-part.ts'
import { toDataPart } from '../wire/to-data-part.ts'

/** When the examples were created, in milliseconds since the epoch. */
export const exampleTime = Date.UTC(2026, 0, 1)

/** A whole plan, with the fields given in place of its own. */
export function examplePlan(fields: Partial<Plan> = {}): Plan {
  return {
    id: 'plan-1',
    title: 'Launch the site',
    content: 'First build it, then ship it.',
    version: 1,
    createdAt: exampleTime,
    updatedAt: exampleTime,
    ...fields,
  }
}

/** A whole task list without tasks, with the fields given in place of its own. */
export function exampleTaskList(fields: Partial<TaskList> = {}): TaskList {
  return {
    id: 'list-1',
    planId: 'plan-1',
    status: 'pending',
    counts: { pending: 0, in_progress: 0, completed: 0, failed: 0, skipped: 0, cancelled: 0 },
    lastPosition: 0,
    createdAt: exampleTime,
    updatedAt: exampleTime,
    ...fields,
  }
}

/** A whole pending task, with the fields given in place of its own. */
export function exampleTask(fields: Partial<Task> = {}): Task {
  return {
    id: 'build',
    taskListId: 'list-1',
    label: 'Build the site',
    status: 'pending',
    position: 1,
    attempt: 1,
    createdAt: exampleTime,
    updatedAt: exampleTime,
    ...fields,
  }
}

/** A value as it travels: its part, at that revision, under the key that its ids give. */
export function examplePart<E extends EntityName>(
  entity: E,
  value: EntityValues[E],
  revision = 1,
): CruxDataPart {
  const key = 'taskListId' in value ? `${value.taskListId}/${value.id}` : value.id
  return toDataPart({ entity, key, value, event: 'updated', revision })
}
