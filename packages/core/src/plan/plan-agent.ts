import type { AgentContext, ContextOptions } from '../commands/agent-context.ts'
import type { CruxEnv } from '../commands/crux-env.ts'
import type { PlanUpdate } from '../entities/plan-changes.ts'
import type { Plan } from '../entities/plan.ts'
import { resolveKey } from '../ids/index.ts'
import { discardPlanAt, updatePlanAt } from './change-plan.ts'
import { renderPlan } from './plan-context.ts'
import { planTools, type PlanTools } from './plan-tools.ts'

/** How a plan speaks to a model. */
export interface PlanAgentOptions {
  /** `full` (default) puts the whole plan into the context, `reference` its heading and a hint to call `getPlan`. */
  readonly context?: 'full' | 'reference'
  /** Makes the context's text instead. What it throws, `system()` throws. */
  readonly renderContext?: (input: { readonly plan: Plan }) => string | Promise<string>
}

/** What can be done with one plan. Mutations give the new plan; they reject with `not-found` or `discarded`. */
export interface PlanAgent {
  /** The plan's key. */
  readonly id: string
  /** The plan as it is now, discarded or not; `undefined` when there is none. */
  readonly get: () => Promise<Plan | undefined>
  /** Writes nothing when nothing changes. `conflict` when `ifVersion` is not the stored version. */
  readonly update: (update: PlanUpdate) => Promise<Plan>
  /** Gives the plan up; the first reason stays. */
  readonly discard: (reason?: string) => Promise<Plan>
  /** The plan as a piece of instructions; priority 80 by default. */
  readonly asContext: (options?: ContextOptions) => AgentContext
  /** `getPlan` and `updatePlan` for a model. */
  readonly asTools: () => PlanTools
}

/** A plan as it was created, and what can be done with it. */
export interface PlanHandle extends Omit<Plan, 'id'>, PlanAgent {}

/** Binds the methods to a plan without reading it. Throws `invalid-id` or `out-of-scope`. */
export function createPlanAgent(
  env: CruxEnv,
  id: string,
  { context = 'full', renderContext = ({ plan }) => renderPlan(plan, context) }: PlanAgentOptions = {},
): PlanAgent {
  const key = resolveKey(env.store.scopePrefix, id)
  const get = async () => (await env.store.get({ entity: 'plan', key }))?.value
  const agent: PlanAgent = {
    id: key,
    get,
    update: (update) => updatePlanAt(env, key, update),
    discard: (reason) => discardPlanAt(env, key, reason),
    asContext: ({ priority = 80 } = {}) => ({
      id: `plan:${key}`,
      priority,
      system: async () => {
        const plan = await get()
        return plan === undefined || plan.discardedAt !== undefined ? '' : renderContext({ plan })
      },
    }),
    asTools: () => planTools(agent),
  }
  return agent
}
