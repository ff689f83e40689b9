import { CruxError } from '../errors/index.ts'
import { nameOf } from './record.ts'
import type { CommitGroup, RevisionRef } from './store-driver.ts'

/** The error of a commit that lost a race: someone else wrote, or forgot, the key (STO-1). */
export function conflict(group: CommitGroup, found: RevisionRef): CruxError {
  const expected = writeOf(group, found)?.ifRevision
  const is = found.revision === 0 ? 'does not exist' : `is at revision ${found.revision}`
  const message =
    expected === 0
      ? `${nameOf(found)} exists already, at revision ${found.revision}: read it, or choose another id.`
      : `${nameOf(found)} ${is}, not at ${expected}: read it again and retry.`
  return new CruxError('conflict', message, {
    details: { entity: found.entity, key: found.key, revision: found.revision, expected },
  })
}

/**
 * True if a conflict shows that the commit was never executed, although an earlier attempt had no answer: the key
 * stands just above the revision that was expected, and another commit put it there. After this commit's own write,
 * any other would stand higher (STO-2, STO-5).
 */
export function provesNotExecuted(group: CommitGroup, found: RevisionRef): boolean {
  const expected = writeOf(group, found)?.ifRevision
  return expected !== undefined && found.revision === expected + 1
}

/** The error of a commit of which nobody can tell whether it was executed. */
export function inDoubt(cause?: unknown): CruxError {
  const message =
    'The store did not answer a commit in time, and it may or may not have been executed: read the records and decide.'
  return new CruxError('store-unavailable', message, { cause, details: { outcome: 'unknown' } })
}

/** The error of a commit whose turn did not come in time. */
export function neverSent(timeoutMs: number): CruxError {
  const message = `The store is busy or does not answer: a commit waited ${timeoutMs} ms and was not sent. Try again later.`
  return new CruxError('store-unavailable', message, { details: { outcome: 'none' } })
}

/** The error of a commit for which a store with a limit has no room left. */
export function storeFull(): CruxError {
  return new CruxError(
    'store-full',
    'The store is full and holds no finished list to forget: purge, discard lists, or raise maxRecords.',
    { details: { outcome: 'none' } },
  )
}

function writeOf(group: CommitGroup, ref: RevisionRef) {
  return group.writes.find((write) => write.entity === ref.entity && write.key === ref.key)
}
