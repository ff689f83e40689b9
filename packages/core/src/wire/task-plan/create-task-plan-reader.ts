import { advanceTask } from './merge-task.ts'
import { readTaskPlanPart, type TaskPlanPart } from './read-task-plan-part.ts'
import type { TaskPlan } from './task-plan.ts'

/** Follows task plans part by part. */
export interface TaskPlanReader {
  /**
   * Takes a part in; gives its plan as it then stands, the same object if the part changed nothing. `undefined` for
   * what is no part of a plan, and for an update of a plan that has not been seen. Never throws.
   */
  readonly push: (part: unknown) => TaskPlan | undefined
}

/**
 * Reads plans as they come in, for `onData` (INJ-132). An older snapshot is ignored, and within one version a task that
 * is over does not go back, so that a replay ends where the first run did. Plans are kept apart by their id.
 *
 * @example
 * const reader = createTaskPlanReader()
 * useChat({ onData: (part) => setPlan((plan) => reader.push(part) ?? plan) })
 */
export function createTaskPlanReader(): TaskPlanReader {
  const plans = new Map<string, TaskPlan>()
  return {
    push(candidate) {
      const part = readTaskPlanPart(candidate)
      if (!part) return undefined
      const planId = part.kind === 'snapshot' ? part.plan.planId : part.update.planId
      const plan = applyPart(plans.get(planId), part)
      if (plan) plans.set(planId, plan)
      return plan
    },
  }
}

function applyPart(held: TaskPlan | undefined, part: TaskPlanPart): TaskPlan | undefined {
  if (part.kind === 'update') {
    if (!held || (!part.isFlat && part.update.version !== held.version)) return held
    return withTasks(held, advanceTask(held.tasks, part.update.task))
  }
  if (!held || part.isFlat || part.plan.version > held.version) return part.plan
  if (part.plan.version < held.version) return held
  // The snapshot that is held, again: what came since then stays.
  return withTasks(held, part.plan.tasks.reduce(advanceTask, held.tasks))
}

function withTasks(plan: TaskPlan, tasks: TaskPlan['tasks']): TaskPlan {
  return tasks === plan.tasks ? plan : { ...plan, tasks }
}
