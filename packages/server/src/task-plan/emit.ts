import type { TaskPlanChunk, TaskPlanTask } from '@crux/core'
import type { ResolvedOptions } from './resolve-options.ts'
import type { PlanTask, TaskPlanState } from './task-plan-state.ts'

/** A state, and the chunks that tell how it differs from the one before. */
export interface Emission {
  readonly state: TaskPlanState
  readonly chunks: TaskPlanChunk[]
}

type WireOptions = Pick<ResolvedOptions, 'isTransient' | 'isFlat'>

/**
 * What has to be told of `after`, when `before` was known (INJ-10): nothing, one snapshot, or one update per task that
 * changed. A task that left, or changed its place, takes a snapshot; `isSnapshotDue` asks for one in other cases.
 */
export function emitChanges(
  before: TaskPlanState,
  after: TaskPlanState,
  options: WireOptions,
  isSnapshotDue = false,
): Emission {
  const isSame = before.tasks === after.tasks
  if (after.isStoodBack || (isSame && !isSnapshotDue)) return { state: after, chunks: [] }
  if (isSnapshotDue) return emitSnapshot(after, options)

  const changed = changedPlaces(before.tasks, after.tasks)
  if (changed?.length === 0) return { state: after, chunks: [] }
  const isNew = (place: number) => after.tasks[place]?.hasUpdatePart === false
  const isAlone = !options.isTransient && !after.hasContent && changed?.some(isNew)
  if (!changed || isAlone || !after.hasEmitted) return emitSnapshot(after, options)

  let { tasks } = after
  const chunks: TaskPlanChunk[] = []
  for (const place of changed) {
    const task = tasks[place]
    if (!task) continue
    if (!task.hasUpdatePart) tasks = tasks.with(place, { ...task, hasUpdatePart: true })
    chunks.push(updateChunk(after, { ...task.shown }, options))
  }
  return { state: tasks === after.tasks ? after : { ...after, tasks }, chunks }
}

/** The whole plan, as its next version. */
export function emitSnapshot(state: TaskPlanState, options: WireOptions): Emission {
  const next = { ...state, version: state.version + 1, hasEmitted: true, isSeedWaiting: false }
  return { state: next, chunks: [snapshotChunk(next, options)] }
}

/** The places of tasks that an update is for; `undefined` if a task left or changed its place. */
function changedPlaces(before: readonly PlanTask[], after: readonly PlanTask[]): number[] | undefined {
  if (after.length < before.length) return undefined
  const changed: number[] = []
  // By index: this runs for each chunk of a tool, over all tasks.
  for (let place = 0; place < after.length; place++) {
    const task = after[place]
    const old = before[place]
    if (!task || old === task) continue
    if (old && old.id !== task.id) return undefined
    if (!old || needsUpdate(old.shown, task.shown)) changed.push(place)
  }
  return changed
}

/** INJ-14 */
function needsUpdate(old: TaskPlanTask, shown: TaskPlanTask): boolean {
  return (
    old.label !== shown.label ||
    old.detail !== shown.detail ||
    old.state !== shown.state ||
    old.reason !== shown.reason ||
    old.toolCallId !== shown.toolCallId
  )
}

function snapshotChunk(state: TaskPlanState, { isTransient, isFlat }: WireOptions): TaskPlanChunk {
  const { planId, version } = state
  // Copies: who gets the chunk may change it (INJ-72).
  const tasks = state.tasks.map(({ shown }) => ({ ...shown }))
  const type = 'data-agent-task-plan'
  if (isFlat) return flat({ type, planId, tasks })
  return { type, id: planId, data: { planId, version, tasks }, ...(isTransient && { transient: true }) }
}

function updateChunk(
  { planId, version }: TaskPlanState,
  task: TaskPlanTask,
  { isTransient, isFlat }: WireOptions,
): TaskPlanChunk {
  const type = 'data-agent-task-update'
  if (isFlat) return flat({ type, planId, task })
  const data = { planId, version, task }
  return { type, id: `${planId}:${task.id}`, data, ...(isTransient && { transient: true }) }
}

/** The flat form is no chunk that clients of the AI SDK know, which is what its option says; types follow the usual form. */
function flat(chunk: object): TaskPlanChunk {
  return chunk as TaskPlanChunk
}
