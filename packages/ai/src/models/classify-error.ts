import { CruxError } from '@crux/core/errors'
import { isRecord } from '../is-record.ts'

/** Failures that another model may not have (AI-39). */
export const errorCategories = [
  'rate_limit',
  'timeout',
  'server_error',
  'connection_error',
  'auth_error',
  'validation_exhausted',
] as const

/** What kind of failure sends a call on to the next model. */
export type ErrorCategory = (typeof errorCategories)[number]

type Thrown = Readonly<Record<string, unknown>>

const byCode: ReadonlyMap<unknown, ErrorCategory> = new Map([
  ['ETIMEDOUT', 'timeout'],
  ['ECONNREFUSED', 'connection_error'],
  ['ECONNRESET', 'connection_error'],
  ['ENOTFOUND', 'connection_error'],
] as const)

/**
 * The category of a model's failure: HTTP 429, 5xx, 401 and 403, timeouts, lost connections, answers that never match
 * their schema. `undefined` is any other, such as HTTP 400, which the next model would refuse as well (AI-39).
 *
 * Looks below `cause` and at the last error of a retry wrapper. The outermost HTTP status decides.
 */
export function errorCategory(error: unknown): ErrorCategory | undefined {
  const seen = new Set<unknown>()
  let current = error
  while (isRecord(current) && !seen.has(current)) {
    seen.add(current)
    const status = httpStatus(current)
    if (status !== undefined) return byStatus(status)
    const category = byKind(current)
    if (category !== undefined) return category
    current = current['lastError'] ?? current['cause']
  }
  return undefined
}

/** A status that says something failed: an answer with status 200 may still break off. */
function httpStatus(error: Thrown): number | undefined {
  return [error['statusCode'], error['status']].find(
    (status): status is number => typeof status === 'number' && status >= 400,
  )
}

function byStatus(status: number): ErrorCategory | undefined {
  if (status === 429) return 'rate_limit'
  if (status === 401 || status === 403) return 'auth_error'
  return status >= 500 && status <= 599 ? 'server_error' : undefined
}

function byKind(error: Thrown): ErrorCategory | undefined {
  if (CruxError.is<string>(error, 'validation-exhausted')) return 'validation_exhausted'
  if (error['name'] === 'TimeoutError') return 'timeout'
  const category = byCode.get(error['code'])
  if (category !== undefined) return category
  const message = error['message']
  return typeof message === 'string' && /\bfetch failed\b/i.test(message) ? 'connection_error' : undefined
}
