import { allOf, getIn } from './layers.ts'
import type { TaskPlanReason } from './reason.ts'
import {
  callsOf,
  isOpenCall,
  isOver,
  putCall,
  showTask,
  type CallState,
  type PlanTask,
  type TaskPlanState,
} from './task-plan-state.ts'

/** How a stream ended without saying so itself: cleanly, in mid-stream, with a read error, or left by its reader. */
export type SettleCause = 'closed' | 'truncated' | 'failed' | 'cancelled'

/** What an end does to what is open (INJ-50). `undefined` leaves it as it is. */
interface Ending {
  readonly running: (call: CallState) => Outcome
  readonly blocked: Outcome | undefined
  readonly pending: { readonly reason: TaskPlanReason | undefined } | undefined
}

type Outcome = Pick<CallState, 'status' | 'reason'>

const failed = (reason: TaskPlanReason): Outcome => ({ status: 'failed', reason })
const skipped = (reason: TaskPlanReason): Outcome => ({ status: 'skipped', reason })

/** Everything that could still come was told to: the user or the provider goes on in another response. */
const paused: Ending = {
  running: ({ isInputComplete, isProviderExecuted }) =>
    isInputComplete
      ? { status: 'blocked', reason: isProviderExecuted ? 'provider' : 'client' }
      : failed('incomplete-input'),
  blocked: undefined,
  pending: undefined,
}

function broken(reason: TaskPlanReason): Ending {
  return { running: () => failed(reason), blocked: undefined, pending: { reason: undefined } }
}

const aborted: Ending = {
  running: () => skipped('aborted'),
  blocked: skipped('aborted'),
  pending: { reason: 'aborted' },
}

const cancelled: Ending = {
  running: () => skipped('cancelled'),
  blocked: undefined,
  pending: { reason: 'cancelled' },
}

/** The state after a chunk that ends the message: `finish`, `abort` or `error`. */
export function settleAtChunk(
  state: TaskPlanState,
  type: 'finish' | 'abort' | 'error',
  finishReason: unknown,
  at: number,
): TaskPlanState {
  if (type === 'abort') return settle(state, aborted, at)
  if (type === 'error') return settle(state, broken('error'), at)
  switch (finishReason) {
    case 'length':
    case 'content-filter':
    case 'interrupted':
    case 'error':
      return settle(state, broken(finishReason), at)
    case 'tool-calls':
      return settle(state, paused, at)
    default:
      // AI SDK 5.0.0 names no reason, so what is open has to tell.
      return settle(state, finishReason === undefined && isWaiting(state) ? paused : broken('no-result'), at)
  }
}

/** The state after an end that no chunk told. */
export function settleAtEnd(state: TaskPlanState, cause: SettleCause, at: number): TaskPlanState {
  switch (cause) {
    case 'closed':
      return settle(state, broken('no-result'), at)
    case 'truncated':
    case 'failed':
      return settle(state, broken('disconnected'), at)
    case 'cancelled':
      return settle(state, cancelled, at)
    default:
      return cause satisfies never
  }
}

/** The last pending step without a tool is done: the answer itself (INJ-52). */
export function completeAnswerStep(state: TaskPlanState, at: number): TaskPlanState {
  const index = state.tasks.findLastIndex((task) => isWaitingStep(task) && task.toolName === undefined)
  const task = state.tasks[index]
  if (!task) return state
  const { startedAt } = task.own
  const own = { state: 'done' as const, ...(startedAt !== undefined && { startedAt }), endedAt: at }
  return { ...state, tasks: state.tasks.with(index, withOwn(state, task, own)) }
}

function settle(state: TaskPlanState, ending: Ending, at: number): TaskPlanState {
  if (state.tasks.every((task) => isOver(task) || task.isSettled)) return state
  let next = state
  for (const { id, callIds, isSettled } of state.tasks) {
    if (isSettled) continue
    for (const callId of callIds) {
      const call = getIn(next.calls, callId)
      if (!call || call.taskId !== id) continue
      const outcome =
        call.status === 'running'
          ? ending.running(call)
          : call.status === 'blocked'
            ? ending.blocked
            : undefined
      if (outcome) next = putCall(next, { ...call, ...outcome, changedAt: at })
    }
  }
  const tasks = next.tasks.map((task) => {
    if (isOver(task) || task.isSettled) return task
    const settled = isWaitingStep(task) ? withOwn(next, task, ownAfter(task, ending, at)) : task
    return isOver(settled) ? settled : { ...settled, isSettled: true }
  })
  return { ...next, tasks }
}

/** A step that no tool works on: pending, or running because the agent says so. */
function isWaitingStep(task: PlanTask): boolean {
  return !isOver(task) && task.callIds.length === 0
}

function ownAfter(task: PlanTask, { pending }: Ending, at: number): PlanTask['own'] {
  if (!pending) return task.own.state === 'running' ? { state: 'pending' } : task.own
  const { startedAt } = task.own
  const reason = pending.reason ?? (task.toolName === undefined ? 'not-reported' : 'not-started')
  return { state: 'skipped', reason, ...(startedAt !== undefined && { startedAt }), endedAt: at }
}

function withOwn({ calls }: TaskPlanState, task: PlanTask, own: PlanTask['own']): PlanTask {
  return { ...task, own, shown: showTask({ ...task, own }, calls) }
}

/** True if a call whose input is complete still waits for its output. */
function isWaiting(state: TaskPlanState): boolean {
  const { calls } = state
  const isOpen = (call: CallState) => isOpenCall(call) && call.isInputComplete && !call.isMeta
  const isOfOpenTask = state.tasks.some((task) => !isOver(task) && callsOf(task, calls).some(isOpen))
  // Calls without a task, of tools that are left out, have ended or not like others.
  return isOfOpenTask || [...allOf(calls).values()].some((call) => call.taskId === undefined && isOpen(call))
}
