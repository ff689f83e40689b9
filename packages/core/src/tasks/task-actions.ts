import type { CruxEnv } from '../commands/crux-env.ts'
import { reasonSchema } from '../commands/field-schemas.ts'
import { readInput } from '../commands/read-input.ts'
import { invalidTransition } from '../entities/entity-errors.ts'
import { changeTaskStatus, retryTask, type TaskProgress } from '../entities/task-changes.ts'
import type { Task } from '../entities/task.ts'
import type { JsonValue } from '../json/json-value.ts'
import { changeTask, reportTaskProgress, type ProgressOutcome } from './change-task.ts'
import { errorInput, resultInput } from './task-schemas.ts'

/** How to start a task. */
export interface StartTaskOptions {
  /** Only one caller may start it: `invalid-transition` when it is in progress already. Default false. */
  readonly exclusive?: boolean
}

/**
 * Taking a task through its life (TASK-4). Each gives the new task and rejects with `invalid-transition`, `not-found`,
 * `removed` or `discarded`. The status it already has is no error and changes nothing.
 */
export interface TaskActions {
  /** pending to in progress. Dependencies do not forbid it. */
  readonly startTask: (id: string, options?: StartTaskOptions) => Promise<Task>
  /** A message, or message, percentage (0 to 100) and usage totals. Too late is not an error but `ignored` (TASK-5). */
  readonly reportProgress: (id: string, progress: TaskProgress | string) => Promise<ProgressOutcome>
  /** To completed, also straight from pending. `result` is any JSON. */
  readonly completeTask: (id: string, result?: JsonValue) => Promise<Task>
  /** To failed. `error` is for people, and everyone who may see the task reads it. */
  readonly failTask: (id: string, error: string) => Promise<Task>
  readonly skipTask: (id: string, reason?: string) => Promise<Task>
  readonly cancelTask: (id: string, reason?: string) => Promise<Task>
  /** Failed, cancelled or skipped to pending: the next attempt. */
  readonly retryTask: (id: string) => Promise<Task>
}

/** The actions on the tasks of one list. */
export function createTaskActions(env: CruxEnv, listId: string): TaskActions {
  const describe = (id: string, what: string) => `${what} of task "${id}" of list "${listId}"`
  const end = (id: string, status: 'skipped' | 'cancelled', reason: string | undefined) => {
    const outcome = readInput(reasonSchema, { reason }, describe(id, 'Reason'))
    return changeTask(env, listId, id, (task, now) => changeTaskStatus(task, status, outcome, now))
  }
  return {
    startTask: async (id, { exclusive = false } = {}) =>
      changeTask(env, listId, id, (task, now) => {
        if (exclusive && task.status === 'in_progress') {
          throw invalidTransition(task, 'in_progress', 'somebody started it already; take another task')
        }
        return changeTaskStatus(task, 'in_progress', {}, now)
      }),
    reportProgress: (id, progress) => reportTaskProgress(env, listId, id, progress),
    completeTask: async (id, result) => {
      const outcome = readInput(resultInput, { result }, describe(id, 'Result'))
      return changeTask(env, listId, id, (task, now) => changeTaskStatus(task, 'completed', outcome, now))
    },
    failTask: async (id, error) => {
      const outcome = readInput(errorInput, { error }, describe(id, 'Error'))
      return changeTask(env, listId, id, (task, now) => changeTaskStatus(task, 'failed', outcome, now))
    },
    skipTask: async (id, reason) => end(id, 'skipped', reason),
    cancelTask: async (id, reason) => end(id, 'cancelled', reason),
    retryTask: async (id) => changeTask(env, listId, id, retryTask),
  }
}
