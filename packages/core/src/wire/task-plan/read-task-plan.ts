import { advanceTask, putTask } from './merge-task.ts'
import { readTaskPlanPart, type TaskPlanPart } from './read-task-plan-part.ts'
import type { TaskPlan } from './task-plan.ts'

/**
 * The plan that the parts of a message, or chunks of a stream, hold: `planId`'s, by default that of the last snapshot.
 * `undefined` without a snapshot. The snapshot with the highest version counts, and updates only with exactly that
 * version (INJ-130). Never throws, whatever the parts are (INJ-131).
 *
 * @example
 * const plan = readTaskPlan(message.parts)
 */
export function readTaskPlan(parts: readonly unknown[], planId?: string): TaskPlan | undefined {
  return readTaskPlans(parts, planId).at(-1)
}

/** Every plan in the parts, that of the last snapshot last; with `planId` only that one. See `readTaskPlan`. */
export function readTaskPlans(parts: readonly unknown[], planId?: string): TaskPlan[] {
  const byPlan = new Map<string, TaskPlanPart[]>()
  for (const candidate of Array.isArray(parts) ? parts : []) {
    const part = readTaskPlanPart(candidate)
    if (!part) continue
    const id = part.kind === 'snapshot' ? part.plan.planId : part.update.planId
    if (planId !== undefined && planId !== id) continue
    const partsOfPlan = byPlan.get(id) ?? []
    partsOfPlan.push(part)
    // Taken out and put in again, a plan moves to the end.
    if (part.kind === 'snapshot') byPlan.delete(id)
    byPlan.set(id, partsOfPlan)
  }
  return [...byPlan.values()].map(foldPlan).filter((plan) => plan !== undefined)
}

function foldPlan(parts: readonly TaskPlanPart[]): TaskPlan | undefined {
  const versioned = parts.filter(({ isFlat }) => !isFlat)
  return foldVersioned(versioned) ?? foldFlat(parts)
}

function foldVersioned(parts: readonly TaskPlanPart[]): TaskPlan | undefined {
  let newest: TaskPlan | undefined
  for (const part of parts) {
    if (part.kind === 'snapshot' && part.plan.version >= (newest?.version ?? 0)) newest = part.plan
  }
  if (!newest) return undefined
  let { tasks } = newest
  for (const part of parts) {
    if (part.kind === 'update' && part.update.version === newest.version)
      tasks = putTask(tasks, part.update.task)
  }
  return { ...newest, tasks }
}

/** The flat form has no versions: the last plan counts, and the updates that come after it (INJ-13). */
function foldFlat(parts: readonly TaskPlanPart[]): TaskPlan | undefined {
  let plan: TaskPlan | undefined
  for (const part of parts) {
    if (part.kind === 'snapshot') plan = part.plan
    else if (plan && part.isFlat) plan = { ...plan, tasks: advanceTask(plan.tasks, part.update.task) }
  }
  return plan
}
