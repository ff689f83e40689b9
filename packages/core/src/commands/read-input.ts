import type * as z from 'zod'
import { CruxError } from '../errors/index.ts'
import { encodeJson } from '../json/index.ts'

/** More than any record or commit may hold; the store's own limits are far below. */
const maxInputBytes = 16 * 1024 * 1024

/**
 * What a caller gave, checked and copied before anything is awaited, so that changing it later changes nothing (ENT-4).
 * `what` names it in messages. Throws `invalid-value` with the path of the first problem (`$.metadata.when`).
 */
export function readInput<T>(schema: z.ZodType<T>, input: unknown, what: string): T {
  const { value } = encodeJson(input, { maxBytes: maxInputBytes, name: what })
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(({ message, path }) => ({ message, path: pathText(path) }))
  const problems = issues.map(({ message, path }) => `${path}: ${message}`).join('; ')
  throw new CruxError('invalid-value', `${what}: ${problems}.`, {
    details: { path: issues[0]?.path, issues },
  })
}

/** `$.tasks[3].label` */
export function pathText(path: readonly PropertyKey[]): string {
  return `$${path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')}`
}
