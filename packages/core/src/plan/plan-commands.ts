import type { CruxEnv } from '../commands/crux-env.ts'
import { readRecords } from '../commands/read-records.ts'
import { newestFirst } from '../entities/newest-first.ts'
import type { NewPlan, PlanUpdate } from '../entities/plan-changes.ts'
import type { Plan } from '../entities/plan.ts'
import { createPlan } from './change-plan.ts'
import { createPlanAgent, type PlanAgent, type PlanAgentOptions, type PlanHandle } from './plan-agent.ts'
import { createPlanTool, type CreatePlanTool, type CreatePlanToolOptions } from './create-plan-tool.ts'

/** Which plans `listPlans` gives. */
export interface ListPlansOptions {
  /** Also those that were discarded. Default false. */
  readonly includeDiscarded?: boolean
}

/** What can be done with plans, bound to a store (ENT-2). */
export interface PlanCommands {
  /** Creates a plan, stored when the promise resolves. `already-exists` if its id is taken. */
  readonly plan: (input: NewPlan) => Promise<PlanHandle>
  /** The plan as it is now, discarded or not; `undefined` when there is none. */
  readonly getPlan: (id: string) => Promise<Plan | undefined>
  /** Changes title, content or metadata. `not-found`, `discarded`, or `conflict` at another `ifVersion`. */
  readonly updatePlan: (id: string, update: PlanUpdate) => Promise<Plan>
  /** Gives a plan up; the first reason stays. */
  readonly discardPlan: (id: string, reason?: string) => Promise<Plan>
  /** The plans of the whole scope, newest first. */
  readonly listPlans: (options?: ListPlansOptions) => Promise<readonly Plan[]>
  /** Methods, context and tools of a plan, without reading it. */
  readonly planAgent: (id: string, options?: PlanAgentOptions) => PlanAgent
  /** A tool with which a model creates a plan. */
  readonly createPlanTool: (options?: CreatePlanToolOptions) => CreatePlanTool
}

/** The plan functions of `createCrux`. */
export function createPlanCommands(env: CruxEnv): PlanCommands {
  const planAgent: PlanCommands['planAgent'] = (id, options) => createPlanAgent(env, id, options)
  return {
    plan: async (input) => {
      const plan = await createPlan(env, input)
      return { ...plan, ...planAgent(plan.id) }
    },
    getPlan: async (id) => planAgent(id).get(),
    updatePlan: async (id, update) => planAgent(id).update(update),
    discardPlan: async (id, reason) => planAgent(id).discard(reason),
    listPlans: async ({ includeDiscarded = false } = {}) => {
      const plans: Plan[] = []
      for await (const { value } of readRecords(env.store, { entity: 'plan' })) {
        if (includeDiscarded || value.discardedAt === undefined) plans.push(value)
      }
      return plans.sort(newestFirst)
    },
    planAgent,
    createPlanTool: (options) => createPlanTool(env, options),
  }
}
