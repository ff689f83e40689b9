import type { CruxDataPart } from '../wire/crux-data-part.ts'
import {
  createTaskPlanReader,
  firstTaskPlanRevision,
  taskPlanToParts,
  type TaskPlanEntities,
} from '../wire/task-plan/index.ts'

/** Turns the plan parts of a chat stream into parts for a cache. */
export interface TaskPlanParts {
  /** What a part changed; empty if it changed nothing or is no part of a plan. Never throws. */
  readonly push: (part: unknown) => readonly CruxDataPart[]
}

/**
 * Follows plans part by part and keeps for each the task list that stands for it (INJ-132). Revisions are below zero and
 * rise with the clock: what another transport of this page delivers later, or what a server rendered before, is told
 * from older news without either knowing of the other, and a value of a store always wins (INJ-133).
 */
export function createTaskPlanParts(): TaskPlanParts {
  const reader = createTaskPlanReader()
  const known = new Map<string, TaskPlanEntities>()
  let revision = firstTaskPlanRevision

  return {
    push(part) {
      const plan = reader.push(part)
      if (!plan) return []
      const now = Date.now()
      // In microseconds, so that a burst does not run ahead of the clock. They reach zero in the year 2255.
      revision = Math.max(revision + 1, firstTaskPlanRevision + now * 1000)
      const { entities, parts } = taskPlanToParts(plan, { before: known.get(plan.planId), now, revision })
      known.set(plan.planId, entities)
      return parts
    },
  }
}
