import type { TaskPlanChunk, TaskPlanTask } from '@crux/core'
import type { ResolvedOptions } from './task-plan-options.ts'
import { freezePlan, type PlanTask, type TaskPlanState } from './task-plan-state.ts'

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
  if (after.isStoodBack) return { state: isSame ? after : withPlan(after), chunks: [] }
  if (isSame && !isSnapshotDue) return { state: after, chunks: [] }
  const changed = changedTasks(before.tasks, after.tasks)
  const isReordered = before.tasks.some(({ id }, index) => id !== after.tasks[index]?.id)
  if (changed.length === 0 && !isReordered && !isSnapshotDue) return { state: withPlan(after), chunks: [] }

  const isAlone =
    !options.isTransient && !after.hasContent && changed.some(({ hasUpdatePart }) => !hasUpdatePart)
  if (isSnapshotDue || isReordered || isAlone || !after.hasEmitted) return emitSnapshot(after, options)

  const ids = new Set(changed.map(({ id }) => id))
  const tasks = after.tasks.map((task) =>
    ids.has(task.id) && !task.hasUpdatePart ? { ...task, hasUpdatePart: true } : task,
  )
  return {
    state: withPlan({ ...after, tasks }),
    chunks: changed.map(({ shown }) => updateChunk(after, { ...shown }, options)),
  }
}

/** The whole plan, as its next version. */
export function emitSnapshot(state: TaskPlanState, options: WireOptions): Emission {
  const next = withPlan({ ...state, version: state.version + 1, hasEmitted: true, isSeedWaiting: false })
  return { state: next, chunks: [snapshotChunk(next, options)] }
}

/** The state with its plan brought up to date. */
function withPlan(state: TaskPlanState): TaskPlanState {
  const { plan, planId, version, tasks } = state
  const isCurrent =
    plan.planId === planId &&
    plan.version === version &&
    plan.tasks.length === tasks.length &&
    tasks.every(({ shown }, index) => shown === plan.tasks[index])
  return isCurrent ? state : { ...state, plan: freezePlan(planId, version, tasks) }
}

/** Tasks that are new, or of which something changed that an update is for (INJ-14). */
function changedTasks(before: readonly PlanTask[], after: readonly PlanTask[]): PlanTask[] {
  return after.filter((task, index) => {
    // Tasks mostly keep their places.
    const beside = before[index]
    if (beside === task) return false
    const old = beside?.id === task.id ? beside : before.find(({ id }) => id === task.id)
    return !old || needsUpdate(old.shown, task.shown)
  })
}

function needsUpdate(old: TaskPlanTask, shown: TaskPlanTask): boolean {
  return (
    old.label !== shown.label ||
    old.detail !== shown.detail ||
    old.state !== shown.state ||
    old.reason !== shown.reason ||
    old.toolCallId !== shown.toolCallId
  )
}

function snapshotChunk({ plan }: TaskPlanState, { isTransient, isFlat }: WireOptions): TaskPlanChunk {
  const { planId, version } = plan
  // Copies: who gets the chunk may change it (INJ-72).
  const tasks = plan.tasks.map((task) => ({ ...task }))
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
