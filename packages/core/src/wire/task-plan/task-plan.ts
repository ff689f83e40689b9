/** Where a task of a plan stands. The last three are terminal: the task changes no more (INJ-14). */
export type TaskPlanTaskState = 'pending' | 'running' | 'blocked' | 'done' | 'failed' | 'skipped'

/**
 * One task of a plan: a tool call that was seen, or a step that the agent announced. Times are milliseconds since the
 * epoch. Texts are plain text.
 */
export interface TaskPlanTask {
  /** Local to its plan; has no colon. */
  readonly id: string
  /** At most 80 characters. */
  readonly label: string
  readonly state: TaskPlanTaskState
  /** At most 160 characters. */
  readonly detail?: string
  /** `agent`: a step that the agent announced. `runtime`: a tool call that it did not. */
  readonly source: 'runtime' | 'agent'
  /** In its normal form, such as `customers.list_people` for the key `customers__list_people`. */
  readonly toolName?: string
  /** The first tool call that worked on it. */
  readonly toolCallId?: string
  readonly startedAt?: number
  readonly endedAt?: number
  /** Why it is blocked, failed or skipped, as a code such as `approval`, `tool-error`, `aborted` (INJ-15). */
  readonly reason?: string
}

/** A plan as it stands. `version` counts the snapshots of this plan, from 1 (INJ-11). */
export interface TaskPlan {
  readonly planId: string
  readonly version: number
  readonly tasks: readonly TaskPlanTask[]
}

/** One task that changed or is new, on top of the snapshot with this version. */
export interface TaskPlanUpdate {
  readonly planId: string
  readonly version: number
  readonly task: TaskPlanTask
}

/**
 * The data parts of task plans for AI SDK messages: `UIMessage<unknown, TaskPlanDataParts>`. A `type`, because an
 * interface does not fit the `Record<string, unknown>` that the SDK asks for.
 */
export type TaskPlanDataParts = { 'agent-task-plan': TaskPlan; 'agent-task-update': TaskPlanUpdate }

/** What is added to a UI message stream. No other key stands at the top level (INJ-10, SDK-2). */
export type TaskPlanChunk =
  | {
      readonly type: 'data-agent-task-plan'
      /** The plan's id, so that a later snapshot takes the place of this one. */
      readonly id: string
      readonly data: TaskPlan
      readonly transient?: true
    }
  | {
      readonly type: 'data-agent-task-update'
      /** `<planId>:<taskId>` */
      readonly id: string
      readonly data: TaskPlanUpdate
      readonly transient?: true
    }

/** True for a state that is final. */
export function isTerminalTaskState(state: TaskPlanTaskState): boolean {
  return state === 'done' || state === 'failed' || state === 'skipped'
}
