import { deriveTaskListStatus } from '../../entities/derive-task-list-status.ts'
import type { ChangeEvent } from '../../entities/entity.ts'
import { countTasks } from '../../entities/task-counts.ts'
import { taskEvent } from '../../entities/task-event.ts'
import { newTaskList, settleTaskList, taskListEvent } from '../../entities/task-list-changes.ts'
import type { TaskList } from '../../entities/task-list.ts'
import type { Task, TaskStatus } from '../../entities/task.ts'
import { hasKeyForm } from '../../ids/key-syntax.ts'
import { isSameJson } from '../../json/is-same-json.ts'
import type { JsonObject } from '../../json/json-value.ts'
import type { CruxDataPart } from '../crux-data-part.ts'
import { toDataPart } from '../to-data-part.ts'
import type { TaskPlan, TaskPlanTask } from './task-plan.ts'

/** The task list that stands for a plan, and its tasks by their local id, removed ones included. */
export interface TaskPlanEntities {
  readonly list: TaskList
  readonly tasks: ReadonlyMap<string, Task>
}

/** One entity that a plan made or changed. */
export type TaskPlanEntityChange =
  | { readonly entity: 'task'; readonly key: string; readonly value: Task; readonly event: ChangeEvent }
  | {
      readonly entity: 'tasklist'
      readonly key: string
      readonly value: TaskList
      readonly event: ChangeEvent
    }

/** What `taskPlanToEntities` gives: how things stand now, and what of it is new. */
export interface TaskPlanEntitiesStep {
  readonly entities: TaskPlanEntities
  /** Changed tasks first, then the list if it changed. */
  readonly changes: readonly TaskPlanEntityChange[]
}

/**
 * The task list with id `planId` and the tasks that stand for a plan (INJ-141), given what stood for it before. Tasks
 * that left the plan are removed softly, and one that comes back is there again. `now` is in ms since the epoch. A plan
 * whose id is no key changes nothing, nor does a task whose id is none (ENT-3): plans also come from browsers.
 */
export function taskPlanToEntities(
  plan: TaskPlan,
  before: TaskPlanEntities | undefined,
  now: number,
): TaskPlanEntitiesStep {
  const { planId } = plan
  const oldList = before?.list ?? newTaskList({ metadata }, { id: planId, planId: undefined, now })
  if (!hasKeyForm('key', planId))
    return { entities: before ?? { list: oldList, tasks: new Map() }, changes: [] }

  const tasks = new Map(before?.tasks)
  const changes: TaskPlanEntityChange[] = []
  const put = (after: Task) => {
    const old = tasks.get(after.id)
    if (old && isSameJson({ ...old, updatedAt: now }, after)) return
    tasks.set(after.id, after)
    const event = taskEvent({ ...(old && { before: old }), after })
    changes.push({ entity: 'task', key: `${planId}/${after.id}`, value: after, event })
  }

  const listed = plan.tasks.filter(({ id }) => hasKeyForm('id', id))
  const ids = new Set(listed.map(({ id }) => id))
  for (const task of tasks.values()) {
    if (!ids.has(task.id) && task.removedAt === undefined) put({ ...task, removedAt: now, updatedAt: now })
  }
  for (const [index, task] of listed.entries()) put(toTask(task, planId, index + 1, tasks.get(task.id), now))

  const all = [...tasks.values()]
  const counts = countTasks(all)
  const settled = settleTaskList(oldList, { counts, status: deriveTaskListStatus(all), now })
  const list = { ...settled, lastPosition: Math.max(oldList.lastPosition, listed.length) }
  if (before && isSameJson({ ...oldList, updatedAt: now }, list)) {
    return { entities: { list: oldList, tasks }, changes }
  }
  const event = before ? taskListEvent(oldList, list) : 'created'
  changes.push({ entity: 'tasklist', key: planId, value: list, event })
  return { entities: { list, tasks }, changes }
}

/** The first revision of entities that are made from plans; the next is one higher (INJ-133). */
export const firstTaskPlanRevision: number = Number.MIN_SAFE_INTEGER

/**
 * `taskPlanToEntities` as data parts of one revision. For a cache that also hears a store: revisions below zero, rising
 * from `firstTaskPlanRevision`, so that a value of the store always wins (INJ-133).
 */
export function taskPlanToParts(
  plan: TaskPlan,
  { before, now, revision }: { before: TaskPlanEntities | undefined; now: number; revision: number },
): { readonly entities: TaskPlanEntities; readonly parts: readonly CruxDataPart[] } {
  const { entities, changes } = taskPlanToEntities(plan, before, now)
  return { entities, parts: changes.map((change) => toDataPart({ ...change, revision })) }
}

/** What tells a list that stands for a plan from one that somebody made. */
const metadata: JsonObject = { source: 'task-plan' }

/** True for a list that stands for a plan and may be written over by it. */
export function isTaskPlanList({ metadata: has }: TaskList): boolean {
  return has?.['source'] === metadata['source']
}

function toTask(
  task: TaskPlanTask,
  taskListId: string,
  position: number,
  before: Task | undefined,
  now: number,
): Task {
  const { id, label, detail, startedAt, endedAt, reason } = task
  return {
    id,
    taskListId,
    label,
    ...(detail !== undefined && { description: detail }),
    status: statusOf(task),
    position,
    attempt: 1,
    ...(reason !== undefined && { reason }),
    metadata: {
      ...(task.state === 'blocked' && { state: 'blocked' }),
      source: task.source,
      ...(task.toolName !== undefined && { toolName: task.toolName }),
      ...(task.toolCallId !== undefined && { toolCallId: task.toolCallId }),
    },
    createdAt: before?.createdAt ?? now,
    updatedAt: now,
    ...(startedAt !== undefined && { startedAt }),
    ...(endedAt !== undefined && { endedAt }),
    ...(startedAt !== undefined && endedAt !== undefined && { durationMs: Math.max(0, endedAt - startedAt) }),
  }
}

function statusOf({ state, reason }: TaskPlanTask): TaskStatus {
  switch (state) {
    case 'pending':
      return 'pending'
    case 'running':
    case 'blocked':
      return 'in_progress'
    case 'done':
      return 'completed'
    case 'failed':
      return 'failed'
    case 'skipped':
      return reason === 'aborted' || reason === 'cancelled' ? 'cancelled' : 'skipped'
    default:
      return state satisfies never
  }
}
