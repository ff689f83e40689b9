import { readTaskPlanPart } from '@crux/core/task-plan'
import { changeCall, isHidden } from './change-call.ts'
import { readChunk, type ChunkFields } from './chunk-fields.ts'
import { emitChanges, emitSnapshot } from './emit.ts'
import { resetStep } from './reset-step.ts'
import { seedState } from './seed.ts'
import { completeAnswerStep, settleAtChunk, settleAtEnd, type SettleCause } from './settle.ts'
import { resolveOptions, type ResolvedOptions } from './resolve-options.ts'
import type { TaskPlanOptions } from './task-plan-options.ts'
import { initialState, type TaskPlanState } from './task-plan-state.ts'
import { stepTo, type TaskPlanStep } from './task-plan-step.ts'

/**
 * The rules of a task plan as pure functions: `at` is the time in ms since the epoch, states are never mutated, the same
 * input gives the same output, and nothing is thrown (INJ-1).
 */
export interface TaskPlanReducer {
  readonly initial: () => TaskPlanState
  /** Continues the plan of the last message, if it is the assistant's (INJ-60). What it found is sent after `start`. */
  readonly seed: (state: TaskPlanState, messages: unknown, at: number) => TaskPlanStep
  readonly reduce: (state: TaskPlanState, chunk: unknown, at: number) => TaskPlanStep
  /** Settles what is open when the stream ends without a chunk that says so (INJ-50). */
  readonly settle: (state: TaskPlanState, cause: SettleCause, at: number) => TaskPlanStep
}

/** What a chunk leads to, before it is known what has to be told of it. */
interface Change {
  readonly state: TaskPlanState
  readonly original?: TaskPlanStep['original']
  readonly isSnapshotDue?: boolean
}

/** INJ-70: what these chunks lead to is told before them, everything else after. */
const toldBefore: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'tool-input-start',
  'tool-input-available',
  'finish',
  'abort',
  'error',
])

/**
 * Makes the reducer that the other forms are built on. Throws for wrong options: `invalid-id`, `out-of-scope`,
 * `invalid-value`. Without `planId` a random id is drawn here.
 *
 * @example
 * const reducer = createTaskPlanReducer({ planId: 'turn_42' })
 * let state = reducer.initial()
 * const step = reducer.reduce(state, chunk, Date.now())
 */
export function createTaskPlanReducer(options: TaskPlanOptions = {}): TaskPlanReducer {
  return reducerOf(resolveOptions(options))
}

/** `createTaskPlanReducer` for options that were checked. */
export function reducerOf(options: ResolvedOptions): TaskPlanReducer {
  /** A chunk that nobody can make anything of must not stop a stream: it is reported, and passes. */
  const passOver = (state: TaskPlanState, error: unknown): TaskPlanStep => {
    options.reportError(error)
    return stepTo(state)
  }
  return {
    initial: () => initialState(options.planId),
    seed(state, messages, at) {
      try {
        return stepTo(seedState(state, messages, at, options))
      } catch (error) {
        return passOver(state, error)
      }
    },
    reduce(state, chunk, at) {
      try {
        return reduceChunk(state, chunk, at, options)
      } catch (error) {
        return passOver(state, error)
      }
    },
    settle(state, cause, at) {
      try {
        return reduceEnd(state, cause, at, options)
      } catch (error) {
        return passOver(state, error)
      }
    },
  }
}

function reduceChunk(
  before: TaskPlanState,
  chunk: unknown,
  at: number,
  options: ResolvedOptions,
): TaskPlanStep {
  const fields = readChunk(chunk)
  const { state, held, isJoin } = passHeld(before, fields, options)
  if (!fields) return stepTo(state, { held })

  const seeded = isSeedDue(state, fields.type) ? emitSnapshot(state, options) : { state, chunks: [] }
  const counted = countContent(seeded.state, fields, options)
  const change = changeOf(counted, fields, at, options)
  const { original = 'forward', isSnapshotDue = false } = change
  const told = emitChanges(seeded.state, change.state, options, isSnapshotDue)
  const isBefore = toldBefore.has(fields.type)
  return stepTo(told.state, {
    before: isBefore ? seeded.chunks.concat(told.chunks) : seeded.chunks,
    after: isBefore ? undefined : told.chunks,
    original: isJoin ? 'drop' : original,
    held,
  })
}

function reduceEnd(
  before: TaskPlanState,
  cause: SettleCause,
  at: number,
  options: ResolvedOptions,
): TaskPlanStep {
  const state = before.isHolding ? { ...before, isHolding: false } : before
  const settled = settleAtEnd(state, cause, at)
  const told = emitChanges(state, settled, options, state.isSeedWaiting)
  return stepTo(told.state, { before: told.chunks, held: before.isHolding ? 'release' : undefined })
}

/** INJ-94: what a chunk means for a `finish-step` that is held back. `isJoin`: this `start-step` goes with it. */
function passHeld(
  state: TaskPlanState,
  fields: ChunkFields | undefined,
  options: ResolvedOptions,
): { readonly state: TaskPlanState; readonly held?: TaskPlanStep['held']; readonly isJoin?: boolean } {
  if (!state.isHolding || fields?.type === 'message-metadata') return { state }
  if (fields && isHidden(state, fields, options)) return { state }
  const isJoin = fields?.type === 'start-step'
  return { state: { ...state, isHolding: false }, held: isJoin ? 'drop' : 'release', isJoin }
}

/** INJ-61: the plan that was found waits for `start`, or for the first chunk that shows that none comes. */
function isSeedDue({ isSeedWaiting }: TaskPlanState, type: string): boolean {
  return isSeedWaiting && type !== 'start' && !type.startsWith('data-')
}

/** The state that knows what this chunk adds to its step (INJ-75). */
function countContent(state: TaskPlanState, fields: ChunkFields, options: ResolvedOptions): TaskPlanState {
  switch (fields.type) {
    case 'text-start':
      return state.hasText && state.hasContent ? state : { ...state, hasContent: true, hasText: true }
    case 'tool-input-start':
    case 'tool-input-available':
    case 'tool-input-error': {
      const hasContent = state.hasContent || !isHidden(state, fields, options)
      return state.hasToolCall && hasContent === state.hasContent
        ? state
        : { ...state, hasContent, hasToolCall: true }
    }
    case 'reasoning-start':
    case 'file':
    case 'reasoning-file':
    case 'custom':
      return state.hasContent ? state : { ...state, hasContent: true }
    default:
      return state
  }
}

function changeOf(state: TaskPlanState, fields: ChunkFields, at: number, options: ResolvedOptions): Change {
  switch (fields.type) {
    case 'start':
      return { state, isSnapshotDue: state.isSeedWaiting }
    case 'start-step':
      return { state: beginStep(state) }
    case 'finish-step': {
      const isLeftEmpty = state.hasHidden && !state.hasContent && !options.isTransient
      // Of an event that was too long to be held, nothing is left to hold.
      return isLeftEmpty && fields['truncated'] !== true
        ? { state: { ...state, isHolding: true }, original: 'hold' }
        : { state }
    }
    case 'message-metadata':
      return state.isHolding ? { state, original: 'hold' } : { state }
    case 'reset-step':
      return { state: resetStep(state), isSnapshotDue: state.hasEmitted }
    case 'finish':
    case 'abort':
    case 'error':
      return { state: endMessage(state, fields, fields.type, at, options) }
    case 'data-agent-task-plan':
      return { state: isOurPlan(state, fields) ? standBack(state) : state }
    default:
      return fields.type.startsWith('tool-') ? changeOfCall(state, fields, at, options) : { state }
  }
}

/** The plan tool's calls are taken out of the stream where that is asked for (INJ-93). */
function changeOfCall(
  state: TaskPlanState,
  fields: ChunkFields,
  at: number,
  options: ResolvedOptions,
): Change {
  const change = changeCall(state, fields, at, options)
  if (!isHidden(state, fields, options)) return change
  return { ...change, state: { ...change.state, hasHidden: true }, original: 'drop' }
}

function beginStep(state: TaskPlanState): TaskPlanState {
  const { tasks, calls, isHolding } = state
  const isJoined = isHolding
  return {
    ...state,
    checkpoint: { tasks, calls },
    hasText: false,
    hasToolCall: false,
    ...(!isJoined && { hasContent: false, hasHidden: false }),
  }
}

function endMessage(
  state: TaskPlanState,
  { finishReason }: ChunkFields,
  type: 'finish' | 'abort' | 'error',
  at: number,
  { completeAnswerStep: isAnswerStep }: ResolvedOptions,
): TaskPlanState {
  const isAnswered = type === 'finish' && finishReason === 'stop' && state.hasText && !state.hasToolCall
  const answered = isAnswerStep && isAnswered ? completeAnswerStep(state, at) : state
  return settleAtChunk(answered, type, finishReason, at)
}

function isOurPlan({ planId }: TaskPlanState, fields: ChunkFields): boolean {
  const part = readTaskPlanPart(fields)
  if (part?.kind === 'snapshot') return part.plan.planId === planId
  // Of a long event the id of the part is what is known.
  return fields['data'] === undefined && fields['id'] === planId
}

function standBack(state: TaskPlanState): TaskPlanState {
  return state.isStoodBack ? state : { ...state, isStoodBack: true, isSeedWaiting: false }
}
