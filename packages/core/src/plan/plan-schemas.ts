import * as z from 'zod'
import { metadataSchema } from '../commands/field-schemas.ts'
import type { NewPlan, PlanUpdate } from '../entities/plan-changes.ts'

const title = z.string().describe('What the plan is called: 1 to 500 characters.')
const content = z.string().describe('The plan itself, as Markdown.')

/** What the model gives to create a plan. */
export const createPlanInput = z.object({ title, content, metadata: metadataSchema.optional() })

/** What the model gives to change a plan. */
export const updatePlanInput = z.object({
  title: title.optional(),
  content: content.optional().describe('The whole new text; it replaces the old one.'),
  metadata: metadataSchema.optional().describe('Merged into what is there; null removes a key.'),
})

/** What `plan` takes. */
export const newPlanSchema: z.ZodType<NewPlan> = createPlanInput
  .partial({ content: true })
  .extend({ id: z.string().optional() })

/** What `updatePlan` takes. */
export const planUpdateSchema: z.ZodType<PlanUpdate> = updatePlanInput.extend({
  ifVersion: z.number().optional(),
})
