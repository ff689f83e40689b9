import { readTaskPlan } from '@crux/core/client'
import type { TaskPlan, TaskPlanChunk } from '@crux/core'
import {
  createTaskPlanReducer,
  type SettleCause,
  type TaskPlanOptions,
  type TaskPlanState,
  type TaskPlanStep,
} from '@crux/server/task-plan'

/** Any chunk of a UI message stream. */
export interface AnyChunk {
  readonly type: string
  readonly [field: string]: unknown
}

/** A reducer that is driven by hand, one chunk per millisecond. */
export interface ReducerRun {
  readonly push: (...chunks: unknown[]) => TaskPlanStep
  readonly settle: (cause: SettleCause) => TaskPlanStep
  readonly seed: (messages: unknown) => TaskPlanStep
  readonly state: () => TaskPlanState
  readonly plan: () => TaskPlan
  /** Everything that came out, originals included, in order. */
  readonly out: readonly unknown[]
  /** What was added. */
  readonly added: readonly TaskPlanChunk[]
}

/** Starts a reducer with the plan id `p` and a clock that begins at 1. */
export function runReducer(options: TaskPlanOptions = {}): ReducerRun {
  const reducer = createTaskPlanReducer({ planId: 'p', ...options })
  let state = reducer.initial()
  let plan = reducer.settle(state, 'closed', 0).plan
  let now = 0
  const out: unknown[] = []
  const added: TaskPlanChunk[] = []
  let held: AnyChunk[] = []

  function take(step: TaskPlanStep, original: readonly unknown[]): TaskPlanStep {
    state = step.state
    plan = step.plan
    if (step.held) {
      out.push(...held.filter(({ type }) => step.held === 'release' || type !== 'finish-step'))
      held = []
    }
    out.push(...step.before)
    if (step.original === 'forward') out.push(...original)
    else if (step.original === 'hold') held.push(...(original as AnyChunk[]))
    out.push(...step.after)
    added.push(...step.before, ...step.after)
    return step
  }

  return {
    push(...chunks) {
      let last: TaskPlanStep | undefined
      for (const chunk of chunks) last = take(reducer.reduce(state, chunk, ++now), [chunk])
      if (!last) throw new Error('Nothing was pushed')
      return last
    },
    settle: (cause) => take(reducer.settle(state, cause, ++now), []),
    seed: (messages) => take(reducer.seed(state, messages, ++now), []),
    state: () => state,
    plan: () => plan,
    out,
    added,
  }
}

/** `find done`, `call-1 failed tool-error`: a task in a word or three. */
export function summary(plan: TaskPlan | undefined): string[] | undefined {
  return plan?.tasks.map(({ id, state, reason }) => [id, state, reason].filter(Boolean).join(' '))
}

/** The states of a plan's tasks, in order. */
export function states(plan: TaskPlan | undefined): string[] | undefined {
  return plan?.tasks.map(({ state }) => state)
}

/** `snapshot 1: a running, b pending` and `update 1: a done`. */
export function told(chunks: readonly TaskPlanChunk[]): string[] {
  const short = ({ id, state, reason }: TaskPlan['tasks'][number]) =>
    [id, state, reason].filter(Boolean).join(' ')
  return chunks.map((chunk) =>
    chunk.type === 'data-agent-task-plan'
      ? `snapshot ${chunk.data.version}: ${chunk.data.tasks.map(short).join(', ')}`
      : `update ${chunk.data.version}: ${short(chunk.data.task)}`,
  )
}

/**
 * The parts of a message that a client would make of these chunks, as far as plans go. A part keeps its first place, and
 * `reset-step` takes away what was first written in the step.
 */
export function planParts(chunks: readonly unknown[]): TaskPlanChunk[] {
  const parts = new Map<string, TaskPlanChunk>()
  let before = new Set<string>()
  for (const chunk of chunks as readonly (TaskPlanChunk | AnyChunk | null)[]) {
    if (chunk?.type === 'start-step') before = new Set(parts.keys())
    if (chunk?.type === 'reset-step') for (const key of parts.keys()) if (!before.has(key)) parts.delete(key)
    if (isPlanChunk(chunk)) parts.set(`${chunk.type} ${chunk.id}`, chunk)
  }
  return [...parts.values()]
}

function isPlanChunk(chunk: TaskPlanChunk | AnyChunk | null): chunk is TaskPlanChunk {
  return chunk?.type === 'data-agent-task-plan' || chunk?.type === 'data-agent-task-update'
}

/** The plan that a client folds out of these chunks. */
export function foldedPlan(chunks: readonly unknown[], planId?: string): TaskPlan | undefined {
  return readTaskPlan(planParts(chunks), planId)
}

// Chunks, in short.
export const start = { type: 'start' }
export const startStep = { type: 'start-step' }
export const finishStep = { type: 'finish-step' }
export const textStart = { type: 'text-start', id: 't' }
export const inputStart = (toolCallId: string, toolName = 'search', more: object = {}) => ({
  type: 'tool-input-start',
  toolCallId,
  toolName,
  ...more,
})
export const inputAvailable = (
  toolCallId: string,
  toolName = 'search',
  input: unknown = {},
  more: object = {},
) => ({
  type: 'tool-input-available',
  toolCallId,
  toolName,
  input,
  ...more,
})
export const output = (toolCallId: string, value: unknown = 1, more: object = {}) => ({
  type: 'tool-output-available',
  toolCallId,
  output: value,
  ...more,
})
export const outputError = (toolCallId: string) => ({
  type: 'tool-output-error',
  toolCallId,
  errorText: 'secret text',
})
export const finish = (finishReason?: string) => ({ type: 'finish', ...(finishReason && { finishReason }) })
/** The plan tool announces steps. */
export const announce = (toolCallId: string, ...tasks: unknown[]) =>
  inputAvailable(toolCallId, 'meta__update_task_plan', { tasks })
