import { describeCall } from './call-text.ts'
import { readText, type ChunkFields } from './chunk-fields.ts'
import { uniqueId } from './sanitize-task-plan-input.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import {
  isOver,
  putCall,
  showTask,
  type CallState,
  type PlanTask,
  type TaskPlanState,
} from './task-plan-state.ts'
import { putIn } from './layers.ts'

/** Most tasks of one plan (INJ-35). */
export const maxTasksOfPlan = 200

const maxIdChars = 80

/** The state with a call in it that was not known, bound to its task, running (INJ-40). */
export function introduceCall(
  state: TaskPlanState,
  toolCallId: string,
  chunk: ChunkFields,
  isHidden: boolean,
  at: number,
  options: ResolvedOptions,
): TaskPlanState {
  const { toolName, isMeta, label } = options.toolOf(chunk['toolName'])
  const isInputComplete = chunk.type !== 'tool-input-start'
  const known: CallState = {
    toolCallId,
    toolName,
    taskId: undefined,
    isMeta,
    isHidden,
    isInputComplete,
    isProviderExecuted: chunk['providerExecuted'] === true,
    isDynamic: chunk['dynamic'] === true,
    title: readText(chunk['title']),
    status: 'running',
    reason: undefined,
    startedAt: at,
    changedAt: at,
    label: undefined,
    detail: undefined,
    progress: undefined,
  }
  if (isMeta) return putCall({ ...state, isHiding: state.isHiding || isHidden }, known)

  const phase = inputPhaseOf(chunk.type)
  const step = findStep(state.tasks, toolName, options.matchGeneric)
  if (step)
    return bindToStep(
      state,
      step,
      describeCall({ ...known, taskId: step.id }, 'agent', phase, chunk, options),
    )
  if (!options.isOwnTask(toolName)) return putCall(state, known)

  const tasks = withRoom(state.tasks)
  if (!tasks) {
    if (!state.isFull) options.reportError(new Error(tooManyTasks))
    return putCall({ ...state, isFull: true }, known)
  }
  const id = uniqueId(toTaskId(toolCallId), (name) => tasks.some((task) => task.id === name))
  const call = describeCall({ ...known, taskId: id }, 'runtime', phase, chunk, options)
  const calls = putIn(state.calls, toolCallId, call)
  const task = runtimeTask(id, toolName, label, toolCallId)
  return { ...state, calls, tasks: [...tasks, { ...task, shown: showTask(task, calls) }] }
}

/** What a chunk of a call's input is called for mappers. */
export function inputPhaseOf(type: string): 'input-start' | 'input-available' | 'input-error' {
  if (type === 'tool-input-start') return 'input-start'
  return type === 'tool-input-error' ? 'input-error' : 'input-available'
}

/** The step that a call of this tool works on: the first pending one that names it, else the first open one. */
function findStep(tasks: readonly PlanTask[], toolName: string, matchGeneric: boolean): PlanTask | undefined {
  let firstOpen: PlanTask | undefined
  let generic: PlanTask | undefined
  for (const task of tasks) {
    if (task.source !== 'agent' || isOver(task)) continue
    const isPending = task.shown.state === 'pending'
    if (toolName !== '' && task.toolName === toolName) {
      if (isPending) return task
      firstOpen ??= task
    }
    if (matchGeneric && isPending && task.toolName === undefined) generic ??= task
  }
  return firstOpen ?? generic
}

/** A task that stands for a call that no step announced. */
function runtimeTask(
  id: string,
  toolName: string,
  label: string,
  toolCallId: string,
): Omit<PlanTask, 'shown'> {
  return {
    id,
    source: 'runtime',
    label,
    detail: undefined,
    toolName: toolName === '' ? undefined : toolName,
    callIds: [toolCallId],
    own: { state: 'pending' },
    isSettled: false,
    hasUpdatePart: false,
  }
}

const tooManyTasks =
  `A task plan has ${maxTasksOfPlan} open tasks, which is its limit: further tool calls of this stream are not shown. ` +
  'Leave tools out with "excludeTools", or announce steps that several calls work on.'

/** INJ-41: what of the call's id a task's id may hold. */
function toTaskId(toolCallId: string): string {
  return toolCallId.slice(0, maxIdChars).replace(/[^A-Za-z0-9_.~-]/g, '-')
}

function bindToStep(state: TaskPlanState, step: PlanTask, call: CallState): TaskPlanState {
  const tasks = state.tasks.map((task) =>
    task === step ? { ...task, callIds: [...task.callIds, call.toolCallId] } : task,
  )
  return putCall({ ...state, tasks }, call)
}

/** The tasks with room for one more: the oldest that is over gives way (INJ-35). */
function withRoom(tasks: readonly PlanTask[]): readonly PlanTask[] | undefined {
  if (tasks.length < maxTasksOfPlan) return tasks
  const oldest = tasks.findIndex(isOver)
  return oldest < 0 ? undefined : tasks.toSpliced(oldest, 1)
}
