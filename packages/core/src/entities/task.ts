import type { JsonObject, JsonValue } from '../json/json-value.ts'

/** Where a task stands. The last four are terminal: only a retry leaves them (TASK-4). */
export type TaskStatus = 'pending' | 'in_progress' | 'completed' | 'failed' | 'skipped' | 'cancelled'

/** Who works on a task. */
export interface TaskAssignee {
  readonly agent?: string
  readonly model?: string
}

/** What a task has used so far: totals, the last value wins (TASK-5). */
export interface TaskUsage {
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly costUsd?: number
}

/**
 * One step of a task list. Times are milliseconds since the epoch, `durationMs` is `endedAt - startedAt`.
 * `id` is local to its list; the task's key is `<taskListId>/<id>` (ENT-3).
 */
export interface Task {
  readonly id: string
  readonly taskListId: string
  readonly label: string
  readonly description?: string
  readonly status: TaskStatus
  /** Orders the tasks of a list; ties go by id. Not necessarily an integer. */
  readonly position: number
  readonly parentId?: string
  readonly dependsOn?: readonly string[]
  /** The last progress message. */
  readonly progress?: string
  /** 0 to 100. */
  readonly percent?: number
  readonly assignee?: TaskAssignee
  /** 1 at creation; one more with each retry. */
  readonly attempt: number
  readonly usage?: TaskUsage
  readonly result?: JsonValue
  readonly error?: string
  readonly reason?: string
  readonly metadata?: JsonObject
  readonly createdAt: number
  readonly updatedAt: number
  readonly startedAt?: number
  readonly endedAt?: number
  readonly durationMs?: number
  /** Set once the task was removed; readers then treat it as absent (TASK-8). */
  readonly removedAt?: number
}
