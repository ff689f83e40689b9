import { isObject } from '../entity-fields.ts'
import type { TaskPlan, TaskPlanTask, TaskPlanTaskState, TaskPlanUpdate } from './task-plan.ts'

/** A part or chunk of a plan, checked. `isFlat`: it had no `data` and no version of its own (INJ-13). */
export type TaskPlanPart =
  | { readonly kind: 'snapshot'; readonly isFlat: boolean; readonly plan: TaskPlan }
  | { readonly kind: 'update'; readonly isFlat: boolean; readonly update: TaskPlanUpdate }

/**
 * Reads a part of a message or a chunk of a stream as part of a task plan, in either form; `undefined` if it is none.
 * Never throws: tasks without id or label are left out, an unknown state is `pending`, an unknown source `runtime`, and
 * other fields stay only if they have the right type (INJ-131).
 */
export function readTaskPlanPart(part: unknown): TaskPlanPart | undefined {
  if (!isObject(part)) return undefined
  const { type, data } = part
  if (type !== 'data-agent-task-plan' && type !== 'data-agent-task-update') return undefined
  const isFlat = data === undefined
  const fields = isFlat ? part : data
  if (type === 'data-agent-task-plan') {
    const plan = readPlan(fields)
    return plan && { kind: 'snapshot', isFlat, plan }
  }
  const update = readUpdate(fields)
  return update && { kind: 'update', isFlat, update }
}

/** The `data` of a snapshot; `undefined` if it is none. Of tasks with the same id the first counts. */
export function readPlan(data: unknown): TaskPlan | undefined {
  if (!isObject(data)) return undefined
  const { planId, version, tasks } = data
  if (!isFilledText(planId) || !Array.isArray(tasks)) return undefined
  const byId = new Map<string, TaskPlanTask>()
  for (const entry of tasks) {
    const task = readTask(entry)
    if (task && !byId.has(task.id)) byId.set(task.id, task)
  }
  return { planId, version: readVersion(version), tasks: [...byId.values()] }
}

/** The `data` of an update; `undefined` if it is none. */
export function readUpdate(data: unknown): TaskPlanUpdate | undefined {
  if (!isObject(data)) return undefined
  const { planId, version } = data
  const task = readTask(data['task'])
  return isFilledText(planId) && task ? { planId, version: readVersion(version), task } : undefined
}

const states: readonly TaskPlanTaskState[] = ['pending', 'running', 'blocked', 'done', 'failed', 'skipped']

function readTask(value: unknown): TaskPlanTask | undefined {
  if (!isObject(value)) return undefined
  const { id, label, detail, toolName, toolCallId, startedAt, endedAt, reason } = value
  if (!isFilledText(id) || !isFilledText(label)) return undefined
  return {
    id,
    label,
    state: states.find((state) => state === value['state']) ?? 'pending',
    ...(isText(detail) && { detail }),
    source: value['source'] === 'agent' ? 'agent' : 'runtime',
    ...(isText(toolName) && { toolName }),
    ...(isText(toolCallId) && { toolCallId }),
    ...(isTime(startedAt) && { startedAt }),
    ...(isTime(endedAt) && { endedAt }),
    ...(isText(reason) && { reason }),
  }
}

/** 0, which no snapshot has, for what is no version. */
function readVersion(version: unknown): number {
  return typeof version === 'number' && Number.isSafeInteger(version) && version > 0 ? version : 0
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isFilledText(value: unknown): value is string {
  return isText(value) && value !== ''
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
