import type { CruxStore, TaskPlan } from '@crux/core'
import { CruxError } from '@crux/core/errors'
import { parsePlanId } from '@crux/core/task-plan'
import { deriveTaskLabel } from './derive-task-label.ts'
import type { RejectText } from './sanitize-task-plan-input.ts'
import { normalizeToolName, TASK_PLAN_TOOL_NAME } from './tool-name.ts'

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

/** What the name of a tool says. */
export interface KnownTool {
  /** In its normal form; `''` if there is none. */
  readonly toolName: string
  readonly isMeta: boolean
  readonly label: string
}

/** Options with their defaults, checked. */
export interface ResolvedOptions {
  readonly planId: string
  /** Whether `planId` was given; an id that was not may be replaced by that of a continued message. */
  readonly hasOwnPlanId: boolean
  readonly isTransient: boolean
  readonly isFlat: boolean
  readonly labelOf: TaskPlanMapper
  readonly detailOf: TaskPlanMapper
  readonly hasMapper: boolean
  /** Whether a mapper wants inputs and outputs; otherwise they need not be decoded. */
  readonly needsPayload: boolean
  readonly isOwnTask: (toolName: string) => boolean
  /** What a tool is by its name; anything may be given. */
  readonly toolOf: (name: unknown) => KnownTool
  readonly matchGeneric: boolean
  readonly agentStates: boolean
  readonly completeAnswerStep: boolean
  readonly hideMetaTool: boolean
  readonly maxTasks: number
  readonly rejectText: RejectText
  /** Whether an id that a message names may be continued: never one outside the scope of the store. */
  readonly isAdoptable: (planId: string) => boolean
  readonly reportError: (error: unknown) => void
}

/** Checks what shapes a plan. Throws `invalid-id`, `out-of-scope` or `invalid-value`. */
export function resolveOptions(options: TaskPlanOptions): ResolvedOptions {
  const {
    store,
    label,
    detail,
    rejectText,
    onError,
    includeTools,
    excludeTools,
    metaToolNames = [],
  } = options
  for (const name of functionNames) checkType(name, options[name], 'function')
  for (const name of flagNames) checkType(name, options[name], 'boolean')
  checkNumber('maxTasks', options.maxTasks, 1)
  checkNumber('maxInspectBytes', options.maxInspectBytes, 1)
  checkNumber('flushTimeoutMs', options.flushTimeoutMs, 0)
  const { format = 'data' } = options
  if (format !== 'data' && format !== 'flat') throw invalid('format', "'data' or 'flat'")

  const scope = store?.scopePrefix ?? ''
  const planId = parsePlanId(options.planId ?? scope + (options.newId ?? randomId)())
  if (!planId.startsWith(scope)) {
    throw new CruxError(
      'out-of-scope',
      `The plan "${planId}" lies outside the scope "${scope}" of its store: name it "${scope}<id>", or leave it out.`,
    )
  }

  const reportError = (error: unknown) => {
    try {
      onError?.(error)
    } catch {
      // There is nobody left to tell, and the stream must go on.
    }
  }
  /** Runs user code; a throw is reported and counts as `fallback`. */
  const guard = <Args extends unknown[], T>(run: (...args: Args) => T, fallback: T) => {
    return (...args: Args): T => {
      try {
        return run(...args)
      } catch (error) {
        reportError(error)
        return fallback
      }
    }
  }
  const metaNames = new Set<string | undefined>([
    TASK_PLAN_TOOL_NAME,
    ...metaToolNames.map(normalizeToolName),
  ])
  const isIncluded = includeTools ? guard(choiceOf(includeTools), true) : () => true
  const isExcluded = excludeTools ? guard(choiceOf(excludeTools), false) : () => false

  return {
    planId,
    hasOwnPlanId: options.planId !== undefined,
    isTransient: options.transient ?? false,
    isFlat: format === 'flat',
    labelOf: label ? guard(typeof label === 'function' ? label : labelsByName(label), undefined) : nothing,
    detailOf: detail ? guard(detail, undefined) : nothing,
    hasMapper: label !== undefined || detail !== undefined,
    needsPayload: typeof label === 'function' || detail !== undefined,
    isOwnTask: (toolName) => isIncluded(toolName) && !isExcluded(toolName),
    toolOf: remember((name) => {
      const toolName = normalizeToolName(name)
      return {
        toolName: toolName ?? '',
        isMeta: toolName !== undefined && metaNames.has(toolName),
        label: deriveTaskLabel(toolName),
      }
    }),
    matchGeneric: options.matchGeneric ?? false,
    agentStates: options.agentStates ?? true,
    completeAnswerStep: options.completeAnswerStep ?? false,
    hideMetaTool: options.hideMetaTool ?? false,
    maxTasks: Math.min(options.maxTasks ?? 20, 50),
    rejectText: rejectText ? guard(rejectText, false) : () => false,
    // A browser names the id. With a store it must be one that this store's own plans could have, and no other's.
    isAdoptable: (id) => !store || (id.startsWith(scope) && !id.slice(scope.length).includes(':')),
    reportError,
  }
}

const functionNames = [
  'detail',
  'rejectText',
  'onPlan',
  'onError',
  'onSkip',
  'consumeSseStream',
  'now',
  'newId',
] as const
const flagNames = ['transient', 'matchGeneric', 'agentStates', 'completeAnswerStep', 'hideMetaTool'] as const

function choiceOf(choice: ToolChoice): (toolName: string) => boolean {
  if (typeof choice === 'function') return choice
  const names = new Set(choice.map(normalizeToolName))
  return (toolName) => names.has(toolName)
}

function labelsByName(labels: Readonly<Record<string, string>>): TaskPlanMapper {
  const byName = new Map(Object.entries(labels).map(([name, label]) => [normalizeToolName(name), label]))
  return ({ toolName }) => byName.get(toolName)
}

// A stream calls few tools often.
const maxRemembered = 200

function remember(read: (name: unknown) => KnownTool): (name: unknown) => KnownTool {
  const known = new Map<unknown, KnownTool>()
  return (name) => {
    const tool = known.get(name) ?? read(name)
    if (typeof name === 'string' && known.size < maxRemembered) known.set(name, tool)
    return tool
  }
}

function nothing(): undefined {
  return undefined
}

function randomId(): string {
  return crypto.randomUUID()
}

function checkType(name: string, value: unknown, type: 'function' | 'boolean'): void {
  if (value !== undefined && typeof value !== type) throw invalid(name, `a ${type}`)
}

function checkNumber(name: string, value: number | undefined, atLeast: number): void {
  if (value !== undefined && !(typeof value === 'number' && value >= atLeast)) {
    throw invalid(name, `a number of at least ${atLeast}`)
  }
}

function invalid(name: string, expected: string): CruxError {
  return new CruxError('invalid-value', `The option "${name}" of the task plan has to be ${expected}.`)
}
