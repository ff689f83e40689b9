import type * as z from 'zod'
import type { CruxEnv } from '../commands/crux-env.ts'
import { createTool, type CruxTool } from '../commands/crux-tool.ts'
import type { Plan } from '../entities/plan.ts'
import { createPlan } from './change-plan.ts'
import { createPlanAgent, type PlanHandle } from './plan-agent.ts'
import { createPlanInput } from './plan-schemas.ts'

/** How a tool that creates a plan behaves. */
export interface CreatePlanToolOptions {
  /** Added to the tool's description: what a good plan looks like here. */
  readonly template?: string
  /** Called after each creation, before the model gets its answer. What it throws fails the call. */
  readonly onCreated?: (plan: PlanHandle) => void | Promise<void>
}

/** A tool that creates a plan. Make one per chat: `created` belongs to whoever called it last. */
export interface CreatePlanTool extends CruxTool<z.infer<typeof createPlanInput>, Plan> {
  /** The plan that the model created last; `undefined` before. */
  readonly created: PlanHandle | undefined
}

/** The tool with which a model creates a plan (PLAN-8). */
export function createPlanTool(
  env: CruxEnv,
  { template, onCreated }: CreatePlanToolOptions = {},
): CreatePlanTool {
  let created: PlanHandle | undefined
  const tool = createTool({
    description: ['Create a plan for the work ahead, before starting on it.', template]
      .filter(Boolean)
      .join('\n\n'),
    inputSchema: createPlanInput,
    run: async ({ title, content, metadata }) => {
      const plan = await createPlan(env, { title, content, ...(metadata && { metadata }) })
      created = { ...plan, ...createPlanAgent(env, plan.id) }
      await onCreated?.(created)
      return plan
    },
  })
  return {
    ...tool,
    get created() {
      return created
    },
  }
}
