import type * as z from 'zod'
import { createReadTool, createTool, type CruxTool } from '../commands/crux-tool.ts'
import { noInput } from '../commands/field-schemas.ts'
import { notFound } from '../entities/entity-errors.ts'
import type { PlanUpdate } from '../entities/plan-changes.ts'
import type { Plan } from '../entities/plan.ts'
import { updatePlanInput } from './plan-schemas.ts'

/** Tools for one plan. A `type`, because an interface is no `ToolSet`. */
export type PlanTools = {
  readonly getPlan: CruxTool<z.infer<typeof noInput>, Plan>
  readonly updatePlan: CruxTool<z.infer<typeof updatePlanInput>, Plan>
}

/** The tools of a plan, for `streamText` and agents (PLAN-8). */
export function planTools(plan: {
  readonly id: string
  readonly get: () => Promise<Plan | undefined>
  readonly update: (update: PlanUpdate) => Promise<Plan>
}): PlanTools {
  return {
    getPlan: createReadTool({
      description: 'Read the plan as it is now: title, content and version.',
      inputSchema: noInput,
      run: async () => {
        const found = await plan.get()
        if (found === undefined) throw notFound('plan', plan.id)
        return found
      },
    }),
    updatePlan: createTool({
      description: 'Change the plan. Give only what changes; content replaces the whole text.',
      inputSchema: updatePlanInput,
      run: plan.update,
    }),
  }
}
