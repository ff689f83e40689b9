import type { StructuredFields } from '@crux/core/structured'
import { z } from 'zod'

const email = z.object({
  to: z.array(z.object({ name: z.string(), address: z.string() })).describe('Two to four recipients'),
  subject: z.string(),
  tone: z.string().describe('Two to five words'),
  paragraphs: z.array(z.string()).describe('From the salutation to the signature'),
})

const list = z.object({
  title: z.string().describe('At most five words'),
  items: z.array(
    z.object({
      what: z.string().describe('What is to be done, in at most six words'),
      who: z.string().describe('One first name'),
      due: z.string().describe('One or two words'),
      why: z.string().describe('One sentence'),
    }),
  ),
})

export type Email = z.infer<typeof email>
export type ToDoList = z.infer<typeof list>

/** What is written, and how much of it is shown how early: texts as they grow, everything else when it is whole. */
export const drafts = {
  email: {
    schema: email,
    fields: { to: 'append', subject: 'text-delta', tone: 'set', 'paragraphs.*': 'text-delta' },
    instructions: 'Write a short, personal email to friends about what the user plans. Invent their names.',
  },
  list: {
    schema: list,
    fields: {
      title: 'text-delta',
      'items.*.what': 'text-delta',
      'items.*.who': 'set',
      'items.*.due': 'set',
      'items.*.why': 'text-delta',
    },
    instructions: 'List the six things that three friends have to do before what the user plans can happen.',
  },
} satisfies Record<string, { schema: z.ZodType; fields: StructuredFields; instructions: string }>

export type DraftKind = keyof typeof drafts
