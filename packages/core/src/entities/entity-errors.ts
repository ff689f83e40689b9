import { CruxError } from '../errors/index.ts'
import type { EntityName } from './entity.ts'
import type { Plan } from './plan.ts'
import type { TaskList } from './task-list.ts'
import type { Task, TaskStatus } from './task.ts'

const names: Readonly<Record<EntityName, string>> = { plan: 'Plan', tasklist: 'Task list', task: 'Task' }

/** `Task "build" of list "work"`: how messages name a task. */
function taskName({ id, taskListId }: Pick<Task, 'id' | 'taskListId'>): string {
  return `Task "${id}" of list "${taskListId}"`
}

/** A plan or list that is not in the store. */
export function notFound(entity: 'plan' | 'tasklist', key: string): CruxError {
  return new CruxError(
    'not-found',
    `${names[entity]} "${key}" does not exist: check its id, or create it first.`,
    {
      details: { entity, key },
    },
  )
}

/** A task that is not in its list. */
export function taskNotFound(taskListId: string, id: string): CruxError {
  return new CruxError(
    'not-found',
    `${taskName({ id, taskListId })} does not exist: check its id against getTasks(), or add it first.`,
    { details: { entity: 'task', taskListId, id } },
  )
}

/** An id that something else has, or had. */
export function alreadyExists(entity: EntityName, key: string): CruxError {
  return new CruxError(
    'already-exists',
    `${names[entity]} "${key}" already exists, or did: take another id, or none to get a new one.`,
    { details: { entity, key } },
  )
}

/** A change of something that was given up. */
export function discarded(entity: 'plan' | 'tasklist', { id, discardReason }: Plan | TaskList): CruxError {
  const because = discardReason === undefined ? '' : ` (${discardReason})`
  return new CruxError(
    'discarded',
    `${names[entity]} "${id}" was discarded${because} and does not change any more: create a new one.`,
    { details: { entity, key: id } },
  )
}

/** A plan that is not at the version an update was made for. */
export function wrongVersion({ id, version }: Plan, expected: number): CruxError {
  return new CruxError(
    'conflict',
    `Plan "${id}" is at version ${version}, not ${expected}: read it again and retry.`,
    {
      details: { version, expected },
    },
  )
}

/** A change of a removed task, or a new edge to one. */
export function taskRemoved(task: Task): CruxError {
  return new CruxError('removed', `${taskName(task)} was removed and does not come back: add a new task.`, {
    details: { taskListId: task.taskListId, id: task.id },
  })
}

/** A status that cannot follow the present one (TASK-4). */
export function invalidTransition(task: Task, to: TaskStatus, advice: string): CruxError {
  return new CruxError(
    'invalid-transition',
    `${taskName(task)} is ${task.status} and cannot become ${to}: ${advice}.`,
    { details: { from: task.status, to } },
  )
}

/** Edges that would lead in a circle; `path` starts and ends with the same task. */
export function taskCycle(
  taskListId: string,
  edge: 'parentId' | 'dependsOn',
  path: readonly string[],
): CruxError {
  return new CruxError(
    'cycle',
    `${edge} of task "${path[0]}" of list "${taskListId}" leads in a circle, ${path.join(' -> ')}: leave one of these edges out.`,
    { details: { edge, path } },
  )
}

/** A value that is JSON but not what the field may hold. `path` as in `$.percent`. */
export function invalidValue(what: string, path: string, problem: string): CruxError {
  return new CruxError('invalid-value', `${what}: ${path} ${problem}.`, { details: { path } })
}
