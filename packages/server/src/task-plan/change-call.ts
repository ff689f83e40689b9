import { describeCall } from './call-text.ts'
import { readText, type ChunkFields } from './chunk-fields.ts'
import { inputPhaseOf, introduceCall } from './introduce-call.ts'
import { getIn, putIn } from './layers.ts'
import type { TaskPlanReason } from './reason.ts'
import { replan } from './replan.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import { isOpenCall, putCall, type CallState, type TaskPlanState } from './task-plan-state.ts'

/** What a chunk of a tool call leads to. */
export interface CallChange {
  readonly state: TaskPlanState
  /** The agent's plan changed, which is told whole. */
  readonly isSnapshotDue?: boolean
}

/** A chunk whose type begins with `tool-`, by the table of chunks in the protocol (INJ-30 to INJ-32). */
export function changeCall(
  state: TaskPlanState,
  chunk: ChunkFields,
  at: number,
  options: ResolvedOptions,
): CallChange {
  switch (chunk.type) {
    case 'tool-input-start':
    case 'tool-input-available':
    case 'tool-input-error':
      return changeInput(state, chunk, at, options)
    case 'tool-output-available':
    case 'tool-output-error':
      return { state: changeOutput(state, chunk, at, options) }
    case 'tool-output-denied':
      return { state: changeStatus(state, findCall(state, chunk), 'skipped', 'denied', at) }
    case 'tool-approval-request':
      return { state: askApproval(state, chunk, at) }
    case 'tool-approval-response': {
      const call = findCall(state, chunk)
      const isApproved = chunk['approved'] === true
      return {
        state: changeStatus(
          state,
          call,
          isApproved ? 'running' : 'skipped',
          isApproved ? undefined : 'denied',
          at,
        ),
      }
    }
    default:
      return { state }
  }
}

/** True for a chunk of the plan tool's calls that the browser is not to see (INJ-93). */
export function isHidden(
  state: TaskPlanState,
  chunk: ChunkFields,
  { hideMetaTool, toolOf }: Pick<ResolvedOptions, 'hideMetaTool' | 'toolOf'>,
): boolean {
  if (!hideMetaTool || !chunk.type.startsWith('tool-')) return false
  const call = findCall(state, chunk)
  if (call) return call.isHidden
  const toolCallId = readText(chunk['toolCallId'])
  if (toolCallId === undefined) return false
  // Of an event that was too long to be held it was decided early, and what is out is out.
  if (chunk['truncated'] === true) return chunk['dropped'] === true
  return isMetaInput(chunk, toolOf) || getIn(state.undone, toolCallId) === true
}

/** True for a chunk that introduces a call of the plan tool. */
export function isMetaInput(chunk: ChunkFields, toolOf: ResolvedOptions['toolOf']): boolean {
  return chunk.type.startsWith('tool-input-') && toolOf(chunk['toolName']).isMeta
}

function changeInput(
  state: TaskPlanState,
  chunk: ChunkFields,
  at: number,
  options: ResolvedOptions,
): CallChange {
  const toolCallId = readText(chunk['toolCallId'])
  if (toolCallId === undefined) return { state }
  const isStart = chunk.type === 'tool-input-start'
  const known = getIn(state.calls, toolCallId)
  if (known ? isStart || !isOpenCall(known) : !isStart && getIn(state.undone, toolCallId) !== undefined) {
    return { state }
  }
  const introduced = known
    ? state
    : introduceCall(state, toolCallId, chunk, isHidden(state, chunk, options), at, options)
  const call = known ?? getIn(introduced.calls, toolCallId)
  if (isStart || !call) return { state: introduced }

  if (chunk.type === 'tool-input-error') {
    return { state: changeStatus(introduced, call, 'failed', 'invalid-input', at) }
  }
  if (call.isMeta) {
    // A second announcement is a second call; a repeated chunk announces nothing.
    if (known?.isInputComplete) return { state }
    const complete = putCall(introduced, { ...call, isInputComplete: true })
    const planned = replan(complete, chunk['input'], at, options)
    return { state: planned, isSnapshotDue: planned !== complete }
  }
  return { state: known ? completeInput(introduced, call, chunk, at, options) : introduced }
}

/** The input of a known call has come in full. */
function completeInput(
  state: TaskPlanState,
  call: CallState,
  chunk: ChunkFields,
  at: number,
  options: ResolvedOptions,
): TaskPlanState {
  // What waits for an approval goes on waiting; what waited for something else is at work again.
  const isAwaited = call.status === 'blocked' && call.reason !== 'approval'
  const next: CallState = {
    ...call,
    isInputComplete: true,
    isProviderExecuted: call.isProviderExecuted || chunk['providerExecuted'] === true,
    isDynamic: call.isDynamic || chunk['dynamic'] === true,
    title: call.title ?? readText(chunk['title']),
    ...(isAwaited && { status: 'running', reason: undefined, changedAt: at }),
  }
  return putDescribed(state, call, next, chunk, options)
}

function changeOutput(
  state: TaskPlanState,
  chunk: ChunkFields,
  at: number,
  options: ResolvedOptions,
): TaskPlanState {
  const call = findCall(state, chunk)
  if (!call || !isOpenCall(call)) return state
  const isError = chunk.type === 'tool-output-error'
  const isPreliminary = !isError && chunk['preliminary'] === true
  const status = isPreliminary ? 'running' : isError ? 'failed' : 'done'
  const reason = isError ? 'tool-error' : undefined
  const isChanged = status !== call.status || reason !== call.reason
  const next: CallState = {
    ...call,
    isInputComplete: true,
    status,
    reason,
    ...(isChanged && { changedAt: at }),
  }
  return putDescribed(state, call, next, chunk, options)
}

/** The state with `next` in the place of `call`, after mappers had their say. */
function putDescribed(
  state: TaskPlanState,
  call: CallState,
  next: CallState,
  chunk: ChunkFields,
  options: ResolvedOptions,
): TaskPlanState {
  const isNamedAnew = options.hasMapper || next.title !== call.title
  const task =
    !isNamedAnew || call.taskId === undefined
      ? undefined
      : state.tasks.findLast(({ id }) => id === call.taskId)
  const described = task ? describeCall(next, task.source, phaseOf(chunk), chunk, options) : next
  return isSameCall(call, described) ? state : putCall(state, described)
}

function phaseOf({ type }: ChunkFields) {
  if (type === 'tool-output-available') return 'output-available'
  return type === 'tool-output-error' ? 'output-error' : inputPhaseOf(type)
}

function askApproval(state: TaskPlanState, chunk: ChunkFields, at: number): TaskPlanState {
  const call = findCall(state, chunk)
  const approvalId = readText(chunk['approvalId'])
  if (!call || !isOpenCall(call)) return state
  const asked =
    approvalId === undefined || getIn(state.approvals, approvalId) === call.toolCallId
      ? state
      : { ...state, approvals: putIn(state.approvals, approvalId, call.toolCallId) }
  return chunk['isAutomatic'] === true ? asked : changeStatus(asked, call, 'blocked', 'approval', at)
}

function changeStatus(
  state: TaskPlanState,
  call: CallState | undefined,
  status: CallState['status'],
  reason: TaskPlanReason | undefined,
  at: number,
): TaskPlanState {
  if (!call || !isOpenCall(call) || (call.status === status && call.reason === reason)) return state
  return putCall(state, { ...call, status, reason, changedAt: at })
}

/** The call that a chunk names, itself or by its approval (INJ-31: only calls that are known count). */
function findCall({ calls, approvals }: TaskPlanState, chunk: ChunkFields): CallState | undefined {
  const approvalId = chunk.type === 'tool-approval-response' ? readText(chunk['approvalId']) : undefined
  const toolCallId = approvalId === undefined ? readText(chunk['toolCallId']) : getIn(approvals, approvalId)
  return toolCallId === undefined ? undefined : getIn(calls, toolCallId)
}

function isSameCall(a: CallState, b: CallState): boolean {
  return (
    a.status === b.status &&
    a.reason === b.reason &&
    a.label === b.label &&
    a.detail === b.detail &&
    a.progress === b.progress &&
    a.title === b.title &&
    a.isInputComplete === b.isInputComplete &&
    a.isProviderExecuted === b.isProviderExecuted &&
    a.isDynamic === b.isDynamic
  )
}
