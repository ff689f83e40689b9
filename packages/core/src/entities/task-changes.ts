import { isSameJson } from '../json/is-same-json.ts'
import type { JsonObject, JsonValue } from '../json/json-value.ts'
import { invalidTransition, invalidValue } from './entity-errors.ts'
import { mergeMetadata } from './merge-metadata.ts'
import { isTerminalStatus } from './task-status.ts'
import type { Task, TaskAssignee, TaskStatus, TaskUsage } from './task.ts'
import { without } from './without.ts'

/** What a new task is made of. */
export interface NewTask {
  /** Local to its list (ENT-3). Without it a new one is made. */
  readonly id?: string
  /** What is to be done; not empty. */
  readonly label: string
  readonly description?: string
  /** Id of the task it is shown under. */
  readonly parentId?: string
  /** Ids of the tasks to finish first. They order `nextTasks()` and do not forbid an early start. */
  readonly dependsOn?: readonly string[]
  readonly assignee?: TaskAssignee
  readonly metadata?: JsonObject
  /** Where it stands among the others, within ±10^12; at the end by default. */
  readonly position?: number
}

/** How a task came out. */
export interface TaskOutcome {
  readonly result?: JsonValue
  readonly error?: string
  readonly reason?: string
}

/** What may change about a task; what is left out stays, `null` takes away. */
export interface TaskPatch extends TaskOutcome {
  readonly label?: string
  readonly description?: string | null
  readonly assignee?: TaskAssignee | null
  /** Merged one level deep; `null` removes a key. */
  readonly metadata?: JsonObject
  readonly parentId?: string | null
  /** Replaces them all; `[]` takes them away. */
  readonly dependsOn?: readonly string[]
  readonly status?: TaskStatus
  /** A progress message. Ignored once the task is over, like every late progress (TASK-5). */
  readonly progress?: string
}

/** What a progress report may say. */
export interface TaskProgress {
  readonly message?: string
  /** 0 to 100. */
  readonly percent?: number
  /** Totals so far; per field the last value wins. */
  readonly usage?: TaskUsage
}

const finalAdvice = 'what is completed stays so; add a new task'

/** A new pending task. Throws `invalid-value` for an empty label. */
export function newTask(
  { label, description, parentId, dependsOn = [], assignee, metadata }: NewTask,
  at: { readonly id: string; readonly taskListId: string; readonly position: number; readonly now: number },
): Task {
  return {
    id: at.id,
    taskListId: at.taskListId,
    label: parseLabel(label),
    ...(description !== undefined && { description }),
    status: 'pending',
    position: at.position,
    ...(parentId !== undefined && { parentId }),
    ...(dependsOn.length > 0 && { dependsOn: [...new Set(dependsOn)] }),
    ...(assignee && { assignee }),
    attempt: 1,
    ...(metadata && { metadata }),
    createdAt: at.now,
    updatedAt: at.now,
  }
}

/**
 * The task in another status (TASK-4): pending goes anywhere, in progress anywhere but back, a terminal status nowhere.
 * The same status again gives the same object, never a new outcome. Sets the times (TASK-5). Throws
 * `invalid-transition`.
 */
export function changeTaskStatus(task: Task, to: TaskStatus, outcome: TaskOutcome, now: number): Task {
  if (task.status === to) return task
  if (isTerminalStatus(task.status)) {
    const advice =
      task.status === 'completed' ? 'a completed task stays so; add a new task' : 'call retryTask first'
    throw invalidTransition(task, to, advice)
  }
  if (to === 'pending') throw invalidTransition(task, to, 'finish, fail or cancel it, then call retryTask')

  // What was skipped or cancelled without being touched never started.
  const isStart = to !== 'skipped' && to !== 'cancelled'
  const startedAt = task.startedAt ?? (isStart ? now : undefined)
  return {
    ...task,
    ...definedOutcome(outcome),
    status: to,
    updatedAt: now,
    ...(startedAt !== undefined && { startedAt }),
    ...(isTerminalStatus(to) && { endedAt: now }),
    ...(isTerminalStatus(to) && startedAt !== undefined && { durationMs: now - startedAt }),
  }
}

const leftByAnAttempt = [
  'error',
  'result',
  'reason',
  'progress',
  'percent',
  'startedAt',
  'endedAt',
  'durationMs',
] as const

/**
 * A failed, cancelled or skipped task, pending again as its next attempt, without what the last one left (TASK-4).
 * A pending task is given back as it is. Throws `invalid-transition` for a completed or running one.
 */
export function retryTask(task: Task, now: number): Task {
  if (task.status === 'pending') return task
  if (task.status === 'in_progress') throw invalidTransition(task, 'pending', 'fail or cancel it first')
  if (task.status === 'completed') throw invalidTransition(task, 'pending', finalAdvice)
  const attempt = task.attempt + 1
  return { ...without(task, leftByAnAttempt), status: 'pending', attempt, updatedAt: now }
}

/**
 * The task after a progress report; the same object when nothing changes. The caller makes sure that it is not over
 * (TASK-5). Throws `invalid-value` for a percentage outside 0 to 100 or a negative usage.
 */
export function applyTaskProgress(task: Task, { message, percent, usage }: TaskProgress, now: number): Task {
  if (percent !== undefined && !(percent >= 0 && percent <= 100)) {
    throw invalidValue('Task progress', '$.percent', `is ${percent}; give 0 to 100`)
  }
  for (const [name, total] of Object.entries(usage ?? {})) {
    if (total >= 0) continue
    throw invalidValue('Task progress', `$.usage.${name}`, `is ${total}; totals are not negative`)
  }
  const reported = {
    ...task,
    ...(message !== undefined && { progress: message }),
    ...(percent !== undefined && { percent }),
    ...(usage && { usage: { ...task.usage, ...usage } }),
  }
  return ifChanged(task, reported, now)
}

/**
 * The task after a patch, with its status by TASK-4; the same object when nothing changes. On a task that is over, the
 * outcome is never overwritten: with its own status again the outcome is ignored, without a status it is
 * `invalid-transition`. Edges are taken as they are: the caller has checked them.
 */
export function applyTaskPatch(task: Task, patch: TaskPatch, now: number): Task {
  const { label, description, assignee, parentId, status = task.status, progress } = patch
  const outcome = definedOutcome(patch)
  const dependsOn = patch.dependsOn && [...new Set(patch.dependsOn)]
  const metadata = mergeMetadata(task.metadata, patch.metadata)
  const takenAway = (['description', 'assignee', 'parentId'] as const).filter((name) => patch[name] === null)
  const described: Task = {
    ...without(task, dependsOn ? [...takenAway, 'dependsOn'] : takenAway),
    ...(label !== undefined && { label: parseLabel(label) }),
    ...(description != null && { description }),
    ...(assignee != null && { assignee }),
    ...(parentId != null && { parentId }),
    ...(dependsOn && dependsOn.length > 0 && { dependsOn }),
    ...(metadata && { metadata }),
  }
  if (isTerminalStatus(task.status)) {
    if (patch.status === undefined && Object.keys(outcome).length > 0) {
      throw invalidTransition(task, task.status, 'its outcome stays; retryTask starts over')
    }
    return ifChanged(task, changeTaskStatus(described, status, {}, now), now)
  }
  const reported = { ...described, ...(progress !== undefined && { progress }), ...outcome }
  return ifChanged(task, changeTaskStatus(reported, status, {}, now), now)
}

function parseLabel(text: string): string {
  const label = text.trim()
  if (label === '') throw invalidValue('Task', '$.label', 'is empty; say what is to be done')
  return label
}

function definedOutcome({ result, error, reason }: TaskOutcome): TaskOutcome {
  return {
    ...(result !== undefined && { result }),
    ...(error !== undefined && { error }),
    ...(reason !== undefined && { reason }),
  }
}

function ifChanged(task: Task, next: Task, now: number): Task {
  return isSameJson(task, next) ? task : { ...next, updatedAt: now }
}
