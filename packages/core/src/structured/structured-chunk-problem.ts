import { lastingNames } from './lasting-meta.ts'

/** What a chunk needs to have by its kind. */
const kindFields = /* @__PURE__ */ new Map<unknown, readonly string[]>([
  ['set', ['path', 'value']],
  ['append', ['path', 'items']],
  ['text-delta', ['path', 'delta']],
  ['final', ['data']],
])

/** Most characters of a stream id. */
const maxStreamIdLength = 256

/** Whether it can name a stream: text of 1 to 256 characters. */
export function isStreamId(value: unknown): value is string {
  return typeof value === 'string' && value.length >= 1 && value.length <= maxStreamIdLength
}

/** What of a structured chunk is missing or of the wrong sort; `unknown-kind` comes after its other fields (STR-12). */
export interface StructuredChunkProblem {
  readonly code: 'malformed-chunk' | 'unknown-kind'
  readonly problem: string
}

/** Looks at a chunk's fields, but not into its value. `undefined` if they are right. */
export function structuredChunkProblem(
  chunk: Readonly<Record<string, unknown>>,
): StructuredChunkProblem | undefined {
  const malformed = (problem: string) => ({ code: 'malformed-chunk', problem }) as const
  if (chunk['type'] !== 'structured-data') return malformed('"type" must be "structured-data"')
  if (!isStreamId(chunk['streamId'])) return malformed('"streamId" must be 1 to 256 characters')
  if (typeof chunk['dataType'] !== 'string') return malformed('"dataType" must be a string')
  for (const name of lastingNames) {
    if (chunk[name] !== undefined && typeof chunk[name] !== 'string')
      return malformed(`"${name}" must be a string`)
  }
  if (typeof chunk['kind'] !== 'string') return malformed('"kind" must be a string')
  const fields = kindFields.get(chunk['kind'])
  if (!fields) return { code: 'unknown-kind', problem: 'its kind is not known' }
  for (const name of fields) {
    if (name === 'items' ? !Array.isArray(chunk[name]) : chunk[name] === undefined)
      return malformed(`"${name}" must be ${name === 'items' ? 'an array' : 'there'}`)
    if ((name === 'path' || name === 'delta') && typeof chunk[name] !== 'string')
      return malformed(`"${name}" must be a string`)
  }
  return undefined
}
