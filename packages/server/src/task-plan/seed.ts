import {
  isPlanId,
  readTaskPlan,
  readTaskPlanPart,
  type TaskPlan,
  type TaskPlanTask,
} from '@crux/core/task-plan'
import { changeCall } from './change-call.ts'
import { deriveTaskLabel } from './derive-task-label.ts'
import { maxTasksOfPlan } from './introduce-call.ts'
import { isRecord } from './is-record.ts'
import { getIn, noLayers, putIn, type Layers } from './layers.ts'
import { readDetail, readLabel, readTaskId } from './sanitize-task-plan-input.ts'
import { readReason } from './reason.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import {
  initialState,
  isOver,
  showTask,
  type CallState,
  type PlanTask,
  type TaskPlanState,
} from './task-plan-state.ts'
import { normalizeToolName } from './tool-name.ts'
import { chunksOf, hasEnded, readToolPart, type ToolPart } from './tool-part.ts'

// No plan gets this far; one that says so would leave no number to go on with.
const maxVersion = 2 ** 40

/**
 * The state that continues the last message, if it is the assistant's (INJ-60): the plan in it, brought up to date by
 * its tool parts, or a plan made of these alone. Messages come from the browser: everything read is checked and cleaned
 * like what an agent announces (INJ-62). The given state if there is nothing to continue.
 */
export function seedState(
  state: TaskPlanState,
  messages: unknown,
  at: number,
  options: ResolvedOptions,
): TaskPlanState {
  const parts = lastParts(messages)
  if (!parts) return state
  const plan = findPlan(parts, state, options)
  const toolParts = parts.map(readToolPart).filter((part) => part !== undefined)
  const seeded = plan
    ? continuePlan(state, plan, parts, toolParts, at, options)
    : replayParts(state, toolParts, at, options)
  if (seeded === state) return state

  const { tasks, calls, planId, version } = seeded
  return {
    ...initialState(planId),
    version,
    tasks,
    calls,
    approvals: seeded.approvals,
    checkpoint: { tasks, calls },
    isSeedWaiting: tasks.length > 0,
  }
}

function lastParts(messages: unknown): readonly Readonly<Record<string, unknown>>[] | undefined {
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined
  if (!isRecord(last) || last['role'] !== 'assistant' || !Array.isArray(last['parts'])) return undefined
  return last['parts'].filter(isRecord)
}

function findPlan(
  parts: readonly unknown[],
  { planId }: TaskPlanState,
  { hasOwnPlanId, isAdoptable }: ResolvedOptions,
): TaskPlan | undefined {
  const plan = readTaskPlan(parts, hasOwnPlanId ? planId : undefined)
  const isUsable =
    plan && isPlanId(plan.planId) && (hasOwnPlanId || isAdoptable(plan.planId)) && plan.version <= maxVersion
  return isUsable ? plan : undefined
}

/** The plan of the message goes on: what its tool parts say now counts for what is still open in it. */
function continuePlan(
  state: TaskPlanState,
  plan: TaskPlan,
  parts: readonly unknown[],
  toolParts: readonly ToolPart[],
  at: number,
  options: ResolvedOptions,
): TaskPlanState {
  const updated = new Set(
    parts.map(readTaskPlanPart).map((part) => (part?.kind === 'update' ? part.update.task.id : '')),
  )
  const tasks = new Map<string, PlanTask>()
  let calls: Layers<CallState> = noLayers
  for (const seen of plan.tasks.slice(0, maxTasksOfPlan)) {
    const task = readSeededTask(seen, updated.has(seen.id), options)
    if (!task || tasks.has(task.id)) continue
    const toolCallId = task.callIds[0]
    if (toolCallId !== undefined && getIn(calls, toolCallId)) continue
    if (toolCallId !== undefined) calls = putIn(calls, toolCallId, callOfTask(task, toolCallId, at))
    tasks.set(task.id, { ...task, shown: showTask(task, calls) })
  }
  const seeded: TaskPlanState = {
    ...state,
    planId: plan.planId,
    version: plan.version,
    calls,
    tasks: [...tasks.values()],
  }
  return toolParts
    .filter((part) => !options.toolOf(part.toolName).isMeta)
    .reduce(
      (next, part) => {
        const isHistory = hasEnded(part) && !getIn(next.calls, part.toolCallId)
        return isHistory ? next : applyPart(next, part, at, options)
      },
      joinCalls(seeded, toolParts, at),
    )
}

/**
 * The state with the calls in it that have ended without the plan naming them, on steps that are still open: a task
 * names only the first of its calls. Other calls that have ended are history, of which the plan knows best.
 */
function joinCalls(state: TaskPlanState, toolParts: readonly ToolPart[], at: number): TaskPlanState {
  let { calls, tasks } = state
  for (const part of toolParts) {
    if (!hasEnded(part) || getIn(calls, part.toolCallId)) continue
    const index = tasks.findIndex(
      (task) =>
        !isOver(task) &&
        task.callIds.length > 0 &&
        task.source === 'agent' &&
        task.toolName === part.toolName,
    )
    const task = tasks[index]
    if (!task) continue
    calls = putIn(
      calls,
      part.toolCallId,
      callOfTask({ ...task, own: { state: 'running' } }, part.toolCallId, at),
    )
    tasks = tasks.with(index, { ...task, callIds: [...task.callIds, part.toolCallId] })
  }
  return { ...state, calls, tasks: tasks.map((task) => ({ ...task, shown: showTask(task, calls) })) }
}

/** Without a plan in the message, its tool parts are read as the chunks that made them. */
function replayParts(
  state: TaskPlanState,
  toolParts: readonly ToolPart[],
  at: number,
  options: ResolvedOptions,
): TaskPlanState {
  return toolParts.reduce((next, part) => applyPart(next, part, at, options), state)
}

function applyPart(
  state: TaskPlanState,
  part: ToolPart,
  at: number,
  options: ResolvedOptions,
): TaskPlanState {
  // What the message shows was not hidden, and is not to be hidden half-way.
  const shown = { ...options, hideMetaTool: false }
  return chunksOf(part).reduce((next, chunk) => changeCall(next, chunk, at, shown).state, state)
}

function readSeededTask(
  {
    id: givenId,
    label: givenLabel,
    state,
    detail,
    source,
    toolName: givenName,
    toolCallId,
    startedAt,
    endedAt,
    reason,
  }: TaskPlanTask,
  hasUpdatePart: boolean,
  { rejectText }: ResolvedOptions,
): Omit<PlanTask, 'shown'> | undefined {
  const id = readTaskId(givenId)
  const toolName = normalizeToolName(givenName)
  const read = readLabel(givenLabel, rejectText)
  const label =
    typeof read === 'object' ? read.label : source === 'runtime' ? deriveTaskLabel(toolName) : undefined
  if (id === undefined || label === undefined) return undefined
  const knownReason = readReason(reason)
  return {
    id,
    source,
    label,
    detail: readDetail(detail, rejectText),
    toolName,
    callIds: toolCallId === undefined || toolCallId === '' ? [] : [toolCallId],
    own: {
      state,
      ...(knownReason !== undefined && { reason: knownReason }),
      ...(startedAt !== undefined && { startedAt }),
      ...(endedAt !== undefined && { endedAt }),
    },
    isSettled: false,
    hasUpdatePart,
  }
}

/** The call that a task of the plan says it belongs to, as far as the task tells. */
function callOfTask(
  { id, label, detail, toolName, own }: Omit<PlanTask, 'shown'>,
  toolCallId: string,
  at: number,
): CallState {
  return {
    toolCallId,
    toolName: toolName ?? '',
    taskId: id,
    isMeta: false,
    isHidden: false,
    isInputComplete: true,
    isProviderExecuted: false,
    isDynamic: false,
    title: undefined,
    status: own.state === 'pending' ? 'running' : own.state,
    reason: own.reason,
    startedAt: own.startedAt,
    changedAt: own.endedAt ?? at,
    label,
    detail,
    progress: undefined,
  }
}
