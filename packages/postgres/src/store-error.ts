import { CruxError } from '@crux/core'
import { schemaVersion, wrongVersionCode } from './schema-sql.ts'

/** undefined_table, invalid_schema_name, undefined_function. */
const notMigratedCodes: ReadonlySet<unknown> = new Set(['42P01', '3F000', '42883'])
/** serialization_failure, deadlock_detected: the statement was undone and may be sent again (STO-31). */
const undoneCodes: ReadonlySet<unknown> = new Set(['40001', '40P01'])

/** True for a store error by which PostgreSQL says that it undid the statement for the sake of another one. */
export function isUndone(error: unknown): boolean {
  return undoneCodes.has(property(property(error, 'cause'), 'code'))
}

/**
 * True for an answer of the server to the statement, which it therefore did not execute; false if the connection or
 * the server ended in between, or there was no answer at all.
 */
export function isAnswer(error: unknown): boolean {
  // Classes 08, 57P, 58 and XX: connection, shutdown, system and internal errors.
  return (
    typeof property(error, 'severity') === 'string' &&
    !/^(08|57P|58|XX)/.test(String(property(error, 'code')))
  )
}

/**
 * What the store is told about a statement that failed. An answer of the server says that nothing was done; anything
 * else may have been a commit whose answer was lost.
 */
export function asStoreError(error: unknown): unknown {
  if (CruxError.is(error)) return error
  const code = property(error, 'code')
  if (notMigratedCodes.has(code)) return notMigrated(error)
  if (code === wrongVersionCode) return wrongVersion(Number(property(error, 'message')))
  return isAnswer(error) ? notExecuted('PostgreSQL refused a statement', error) : withoutStatement(error)
}

/** The error of a call for which nothing was sent. */
export function notExecuted(what: string, cause: unknown): CruxError {
  const message = `${what}, and nothing was done: see the cause.`
  return new CruxError('store-unavailable', message, {
    cause: withoutStatement(cause),
    details: { outcome: 'none' },
  })
}

/** The error of a schema of another version than this package's. */
export function wrongVersion(found: number): CruxError {
  const todo = found > schemaVersion ? 'update the package' : 'call migrate() on the store'
  return new CruxError(
    'store-unavailable',
    `The PostgreSQL schema is of version ${found}, and this @crux/postgres knows version ${schemaVersion}: ${todo}.`,
    { details: { outcome: 'none' } },
  )
}

function notMigrated(cause: unknown): CruxError {
  return new CruxError(
    'store-unavailable',
    'The tables of the store are not there: call migrate() on it once, or run schema.sql of @crux/postgres.',
    { cause: withoutStatement(cause), details: { outcome: 'none' } },
  )
}

/** Clients put statement and values, or the row at fault, beside the message: not for a log. */
function withoutStatement(error: unknown): Error {
  const clean = new Error(String(property(error, 'message') ?? error))
  const stack = property(error, 'stack')
  if (typeof stack === 'string') clean.stack = stack
  const code = property(error, 'code')
  return code === undefined ? clean : Object.assign(clean, { code })
}

function property(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null && name in error
    ? (error as Readonly<Record<string, unknown>>)[name]
    : undefined
}
