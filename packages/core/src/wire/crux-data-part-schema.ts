import { z } from 'zod'
import type { CruxDataPart } from './crux-data-part.ts'
import { isObject } from './entity-fields.ts'
import { readDataPart } from './read-data-part.ts'

const eventSchema = /* @__PURE__ */ (() =>
  z.enum(['created', 'updated', 'completed', 'discarded', 'added', 'removed']).catch('updated'))()

/**
 * Checks a data part the way the client does: types of known fields, nothing that reaches a prototype; an unknown event
 * becomes `updated`, a missing `id` comes from the key (LIVE-1, CLI-13). A Standard Schema and a zod schema, for
 * `dataPartSchemas` of the AI SDK's `useChat` and for `validateUIMessages` (LIVE-2).
 *
 * @example
 * useChat<UIMessage<unknown, CruxDataParts>>({ dataPartSchemas: { crux: cruxDataPartSchema } })
 */
export const cruxDataPartSchema: z.ZodType<CruxDataPart> = /* @__PURE__ */ (() =>
  z.unknown().transform((input, context): CruxDataPart => {
    const part = readDataPart(input)
    if (part && isObject(input)) {
      return { ...part, value: { ...part.value }, event: eventSchema.parse(input['event']) }
    }
    context.issues.push({ code: 'custom', input, message: 'is no data part of Crux' })
    return z.NEVER
  }))()
