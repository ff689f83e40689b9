import type { TaskPlan, TaskPlanTask, TaskPlanTaskState } from '@crux/core'
import { isTerminalTaskState } from '@crux/core/task-plan'
import { getIn, noLayers, putIn, type Layers } from './layers.ts'
import type { TaskPlanReason } from './reason.ts'

/** What is known of one tool call. A task's state follows from its calls (INJ-42). */
export interface CallState {
  readonly toolCallId: string
  /** In its normal form; `''` without one. */
  readonly toolName: string
  /** The task it works on; none for the plan tool, for tools left out, and past the limit of tasks. */
  readonly taskId: string | undefined
  readonly isMeta: boolean
  /** Whether its chunks are taken out of the stream. */
  readonly isHidden: boolean
  readonly isInputComplete: boolean
  readonly isProviderExecuted: boolean
  readonly isDynamic: boolean
  readonly title: string | undefined
  readonly status: Exclude<TaskPlanTaskState, 'pending'>
  readonly reason: TaskPlanReason | undefined
  readonly startedAt: number | undefined
  readonly changedAt: number
  /** What a mapper or the title says. */
  readonly label: string | undefined
  /** What a mapper says; `''` takes the task's own away. */
  readonly detail: string | undefined
  /** What a mapper says of a preliminary output; counts until the call has ended. */
  readonly progress: string | undefined
}

/** Where a task stands that no call works on. */
export interface OwnOutcome {
  readonly state: TaskPlanTaskState
  readonly reason?: TaskPlanReason | undefined
  readonly startedAt?: number | undefined
  readonly endedAt?: number | undefined
}

/** A task, and what it is made of. */
export interface PlanTask {
  readonly id: string
  readonly source: TaskPlanTask['source']
  readonly label: string
  readonly detail: string | undefined
  readonly toolName: string | undefined
  readonly callIds: readonly string[]
  /** Counts while it has no calls. */
  readonly own: OwnOutcome
  /** Left as it is by an end of the stream, until a chunk changes it (INJ-51). */
  readonly isSettled: boolean
  /** Whether the message has a part for it, so that an update adds none (INJ-75). */
  readonly hasUpdatePart: boolean
  /** How it is shown. */
  readonly shown: TaskPlanTask
}

/** What `reset-step` goes back to (INJ-33). */
export interface Checkpoint {
  readonly tasks: readonly PlanTask[]
  readonly calls: Layers<CallState>
}

/** Everything a plan remembers of its stream. Never mutated. */
export interface TaskPlanState {
  readonly planId: string
  /** Of the newest snapshot; 0 before the first. */
  readonly version: number
  readonly tasks: readonly PlanTask[]
  readonly calls: Layers<CallState>
  /** The call of each approval that was asked for. */
  readonly approvals: Layers<string>
  /** Calls that a `reset-step` has undone, and whether they were hidden. */
  readonly undone: Layers<boolean>
  readonly checkpoint: Checkpoint
  /** Whether this stream has brought a snapshot. */
  readonly hasEmitted: boolean
  /** A plan was found in the messages and waits for `start` (INJ-61). */
  readonly isSeedWaiting: boolean
  /** Another injector writes this plan (INJ-124). */
  readonly isStoodBack: boolean
  /** A `finish-step` is held back (INJ-94). */
  readonly isHolding: boolean
  /** Some call's chunks are taken out. */
  readonly isHiding: boolean
  /** The current step, which after its `finish-step` is still the last one. */
  readonly hasContent: boolean
  readonly hasHidden: boolean
  readonly hasText: boolean
  readonly hasToolCall: boolean
  /** `onError` has heard that there are too many tasks (INJ-35). */
  readonly isFull: boolean
}

/** A stream of which nothing has come yet. */
export function initialState(planId: string): TaskPlanState {
  return {
    planId,
    version: 0,
    tasks: [],
    calls: noLayers,
    approvals: noLayers,
    undone: noLayers,
    checkpoint: { tasks: [], calls: noLayers },
    hasEmitted: false,
    isSeedWaiting: false,
    isStoodBack: false,
    isHolding: false,
    isHiding: false,
    hasContent: false,
    hasHidden: false,
    hasText: false,
    hasToolCall: false,
    isFull: false,
  }
}

const plans = new WeakMap<TaskPlanState, TaskPlan>()

/** The plan that a state shows. Frozen, and made only once it is asked for: few who read a stream want it whole. */
export function planOf(state: TaskPlanState): TaskPlan {
  const known = plans.get(state)
  if (known) return known
  const { planId, version, tasks } = state
  const shown = tasks.map((task) => Object.freeze(task.shown))
  const plan = Object.freeze({ planId, version, tasks: Object.freeze(shown) })
  plans.set(state, plan)
  return plan
}

/** True for a task that changes no more (INJ-14). */
export function isOver({ shown }: PlanTask): boolean {
  return isTerminalTaskState(shown.state)
}

/** True for a call that is running or blocked. */
export function isOpenCall({ status }: CallState): boolean {
  return !isTerminalTaskState(status)
}

/** The calls of a task that are known, in the order they began. */
export function callsOf({ callIds }: Pick<PlanTask, 'callIds'>, calls: Layers<CallState>): CallState[] {
  const [first] = callIds
  if (first === undefined) return []
  const only = callIds.length === 1 ? getIn(calls, first) : undefined
  if (only) return [only]
  return callIds.map((id) => getIn(calls, id)).filter((call) => call !== undefined)
}

/** The state with this call in it, and with what follows from it for its task. */
export function putCall(state: TaskPlanState, call: CallState): TaskPlanState {
  const next = { ...state, calls: putIn(state.calls, call.toolCallId, call) }
  if (call.taskId === undefined) return next
  // From the end: it is mostly one of the last that something happens to.
  let index = state.tasks.length - 1
  while (index >= 0 && state.tasks[index]?.id !== call.taskId) index--
  const task = state.tasks[index]
  if (!task || isOver(task)) return next
  const shown = showTask(task, next.calls)
  if (shown === task.shown && !task.isSettled) return next
  return { ...next, tasks: state.tasks.with(index, { ...task, shown, isSettled: false }) }
}

/** How a task is shown now; the same object if nothing about it changed. Its source of truth: see `PlanTask`. */
export function showTask(
  task: Omit<PlanTask, 'shown'> & { readonly shown?: TaskPlanTask },
  all: Layers<CallState>,
): TaskPlanTask {
  const calls = callsOf(task, all)
  const { state, reason, startedAt, endedAt } = calls.length > 0 ? outcomeOf(calls) : task.own
  const label = task.source === 'runtime' ? calls[0]?.label : undefined
  const detail = calls.reduce((text, { progress, detail: own }) => progress ?? own ?? text, task.detail)
  const toolCallId = calls[0]?.toolCallId
  // The order of the keys is the order on the wire (INJ-11). Set one by one, because this runs for each chunk of a tool.
  const shown: Mutable<TaskPlanTask> = { id: task.id, label: label ?? task.label, state, source: task.source }
  if (detail !== undefined && detail !== '') {
    const { source, ...before } = shown
    return finish({ ...before, detail, source })
  }
  return finish(shown)

  function finish(next: Mutable<TaskPlanTask>): TaskPlanTask {
    if (task.toolName !== undefined) next.toolName = task.toolName
    if (toolCallId !== undefined) next.toolCallId = toolCallId
    if (startedAt !== undefined) next.startedAt = startedAt
    if (endedAt !== undefined) next.endedAt = endedAt
    if (reason !== undefined) next.reason = reason
    return task.shown && isSameTask(task.shown, next) ? task.shown : next
  }
}

/** True if two tasks are shown alike, in every field. */
export function isSameTask(a: TaskPlanTask, b: TaskPlanTask): boolean {
  return (
    a.id === b.id &&
    a.label === b.label &&
    a.state === b.state &&
    a.detail === b.detail &&
    a.source === b.source &&
    a.toolName === b.toolName &&
    a.toolCallId === b.toolCallId &&
    a.startedAt === b.startedAt &&
    a.endedAt === b.endedAt &&
    a.reason === b.reason
  )
}

/** INJ-42: open while any call is, then failed if any failed, else done if any is done. */
function outcomeOf(calls: readonly CallState[]): OwnOutcome {
  const [only] = calls
  if (only && calls.length === 1) {
    const { status, reason, startedAt, changedAt } = only
    return { state: status, reason, startedAt, endedAt: isOpenCall(only) ? undefined : changedAt }
  }
  const first = (status: CallState['status']) => calls.find((call) => call.status === status)
  const open = first('running') ?? first('blocked')
  const decisive = open ?? first('failed') ?? first('done') ?? first('skipped')
  return {
    state: decisive?.status ?? 'pending',
    reason: decisive?.reason,
    startedAt: calls[0]?.startedAt,
    endedAt: open ? undefined : Math.max(...calls.map(({ changedAt }) => changedAt)),
  }
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] }
