import * as z from 'zod'
import type { JsonObject, JsonValue } from '../json/json-value.ts'

// Input is checked to be JSON before a schema sees it (`readInput`), so `unknown` is JSON there; and it keeps the JSON
// Schema that models get free of recursion, which not every provider takes.

/** Any JSON object. */
export const metadataSchema = z
  .looseObject({})
  .describe('Anything else worth keeping, as a JSON object.') as unknown as z.ZodType<JsonObject, JsonObject>

/** Any JSON value. */
export const jsonSchema = z.unknown() as z.ZodType<JsonValue, JsonValue>

/** An optional reason, as a person would give it. */
export const reasonSchema = z.object({ reason: z.string().optional().describe('Why, for a person to read.') })

/** For tools that take nothing. */
export const noInput = z.object({})
