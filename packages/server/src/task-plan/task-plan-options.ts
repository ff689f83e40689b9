import type { CruxStore, TaskPlan } from '@crux/core'
import type { RejectText } from './sanitize-task-plan-input.ts'

/** What a mapper is told of a tool call. `toolName` is in its normal form, `''` if the call has none. */
export interface TaskPlanCall {
  readonly toolCallId: string
  readonly toolName: string
  readonly title?: string
  /** What has just happened to the call; with `preliminary` an output is not the last one. */
  readonly phase: 'input-start' | 'input-available' | 'input-error' | 'output-available' | 'output-error'
  readonly input?: unknown
  readonly output?: unknown
  readonly errorText?: string
  readonly preliminary?: boolean
  readonly dynamic?: boolean
  readonly providerExecuted?: boolean
  /** The event was longer than `maxInspectBytes`: input and output are not given. */
  readonly truncated?: boolean
}

/** Gives a text, or `undefined` to leave what there is. A throw counts as `undefined`. */
export type TaskPlanMapper = (call: TaskPlanCall) => string | undefined

/** Names of tools, in any form, or a predicate that gets the normal form. */
export type ToolChoice = readonly string[] | ((toolName: string) => boolean)

/** How a plan is made of a stream. Nothing that these functions throw reaches the stream. */
export interface TaskPlanOptions {
  /**
   * Scope segments and an id, at most 256 characters (INJ-12). Unique per assistant message, unless the message is
   * continued with `initialMessages`. Default: a new random id, in the scope of `store`.
   */
  readonly planId?: string | undefined
  /** The request's UI messages: a plan in the last one, if it is the assistant's, is continued (INJ-60). */
  readonly initialMessages?: unknown
  /** True: parts are seen by `onData` only and do not stay in the message. Default false. */
  readonly transient?: boolean | undefined
  /** `flat` leaves out `data`, `id` and versions. No AI SDK client may read such a stream: it fails on it. Default `data`. */
  readonly format?: 'data' | 'flat' | undefined
  /** Labels of tasks that the agent did not announce: by tool name in any form, or by call. */
  readonly label?: Readonly<Record<string, string>> | TaskPlanMapper | undefined
  /** What is shown under a label. `''` takes it away. */
  readonly detail?: TaskPlanMapper | undefined
  /** Which calls become tasks of their own; steps of the agent are followed all the same. Default all. */
  readonly includeTools?: ToolChoice | undefined
  /** Which calls do not become tasks of their own. Default none. */
  readonly excludeTools?: ToolChoice | undefined
  /** Lets a call that no step names take the first pending step without a tool name. Default false. */
  readonly matchGeneric?: boolean | undefined
  /** Uses the states that the agent reports for steps that no tool works on. Default true. */
  readonly agentStates?: boolean | undefined
  /** A last pending step without a tool name is done once the answer was written. Default false. */
  readonly completeAnswerStep?: boolean | undefined
  /** Takes the calls of the plan tool out of the stream, so that its raw input does not reach the browser. Default false. */
  readonly hideMetaTool?: boolean | undefined
  /** Further names of the plan tool, such as one with an MCP prefix. */
  readonly metaToolNames?: readonly string[] | undefined
  /** Steps kept of one announcement: 1 to 50. Default 20. */
  readonly maxTasks?: number | undefined
  /** A longer event passes without being held, and only its top-level fields are read. In bytes. Default 1 MiB. */
  readonly maxInspectBytes?: number | undefined
  /** How long the end of the stream waits for the store and `onPlan`, in milliseconds. Default 1,000. */
  readonly flushTimeoutMs?: number | undefined
  /** Refuses texts of the agent beyond `isHiddenReasoning`. */
  readonly rejectText?: RejectText | undefined
  /** Keeps the plan as the task list `planId` of this store (INJ-140). */
  readonly store?: CruxStore | undefined
  /** Hears the whole plan after each emission, and once more with `final` when the stream has ended or was cancelled. */
  readonly onPlan?: ((plan: TaskPlan, info: { readonly final: boolean }) => unknown) | undefined
  /** Hears what user code threw and what the store refused. */
  readonly onError?: ((error: unknown) => void) | undefined
  /** Hears why a response was left as it is (INJ-120). */
  readonly onSkip?: ((reason: TaskPlanSkipReason) => void) | undefined
  /**
   * Gets a copy of the stream with the plan in it, as the AI SDK's option of this name does. The copy is buffered
   * without limit while it is read slower than the response. Only for a response (INJ-123).
   */
  readonly consumeSseStream?:
    | ((options: { readonly stream: ReadableStream<string> }) => void | PromiseLike<void>)
    | undefined
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined
  /** Makes the id of a plan without `planId`. Default random. */
  readonly newId?: (() => string) | undefined
}

/** Why a response was left as it is. */
export type TaskPlanSkipReason = 'not-ok' | 'no-body' | 'not-event-stream' | 'content-encoding'
