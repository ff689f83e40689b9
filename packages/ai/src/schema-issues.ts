import { isRecord } from './is-record.ts'

/** One thing that a schema library found wrong. */
export interface SchemaIssue {
  readonly path: readonly PropertyKey[]
  readonly message: string
  /** The type that was expected there, where the library says so. */
  readonly expected?: string
}

/** A path as people write it; `''` for the value as a whole. */
export function dottedPath(path: readonly PropertyKey[]): string {
  return path.map(String).join('.')
}

/**
 * What a failed validation says, whatever library made the error: the issues of zod, of Standard Schema (the SDK puts
 * them into `cause`), or the message as one issue.
 */
export function schemaIssues(error: unknown): readonly SchemaIssue[] {
  const found = listOf(error) ?? (isRecord(error) ? listOf(error['cause']) : undefined)
  if (found) return found.map(toIssue)
  return [{ path: [], message: error instanceof Error ? error.message : String(error) }]
}

function listOf(error: unknown): readonly unknown[] | undefined {
  if (Array.isArray(error)) return error
  return isRecord(error) && Array.isArray(error['issues']) ? error['issues'] : undefined
}

function toIssue(issue: unknown): SchemaIssue {
  if (!isRecord(issue)) return { path: [], message: String(issue) }
  const path = Array.isArray(issue['path']) ? issue['path'].map(toKey) : []
  const message = typeof issue['message'] === 'string' ? issue['message'] : 'is invalid'
  const { code, expected } = issue
  return { path, message, ...(code === 'invalid_type' && typeof expected === 'string' && { expected }) }
}

/** Standard Schema allows a step to be an object that holds the key. */
function toKey(step: unknown): PropertyKey {
  const key = isRecord(step) ? step['key'] : step
  return typeof key === 'number' || typeof key === 'symbol' ? key : String(key)
}
