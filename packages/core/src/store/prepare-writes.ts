import type { ChangeEvent, EntityName, EntityRef } from '../entities/entity.ts'
import { CruxError } from '../errors/index.ts'
import { checkScope, parseKey, parseTaskKey } from '../ids/index.ts'
import { encodeJson, utf8Length } from '../json/index.ts'
import type { Write } from './crux-store.ts'
import { nameOf } from './record.ts'
import type { StoredWrite } from './store-driver.ts'

/** The most that one commit, and one group commit, may hold (STO-1, STO-20). */
export const maxCommitWrites = 20_000
/** The most bytes of values that one commit, and one group commit, may hold. */
export const maxCommitBytes = 16 * 1024 * 1024

/** A commit that was checked and encoded. */
export interface PreparedWrites {
  readonly writes: readonly StoredWrite[]
  /** The frozen copies that the texts were made of, in the same order. */
  readonly values: readonly unknown[]
  /** At least as many bytes as the texts take in UTF-8. */
  readonly bytes: number
}

const entityNames: ReadonlySet<string> = new Set<EntityName>(['plan', 'tasklist', 'task'])
const eventNames: ReadonlySet<string> = new Set<ChangeEvent>([
  'created',
  'updated',
  'completed',
  'discarded',
  'added',
  'removed',
])

/** Checks that a reference names an entity inside the scope: `invalid-value`, `invalid-id`, `out-of-scope` (STO-0). */
export function checkRef(scopePrefix: string, { entity, key }: EntityRef): void {
  if (!entityNames.has(entity)) {
    throw new CruxError(
      'invalid-value',
      `${JSON.stringify(entity)} is no entity: expected plan, tasklist or task.`,
    )
  }
  checkScope(scopePrefix, entity === 'task' ? parseTaskKey(key) : parseKey(key))
}

/** Checks and encodes the writes of one commit (STO-1, ENT-4); what it throws, nothing was written. */
export function prepareWrites(
  scopePrefix: string,
  writes: readonly Write[],
  maxRecordBytes: number,
): PreparedWrites {
  if (writes.length > maxCommitWrites) {
    throw new CruxError(
      'too-large',
      `A commit has at most ${maxCommitWrites} writes, not ${writes.length}: split it.`,
    )
  }
  const stored: StoredWrite[] = []
  const values: unknown[] = []
  let units = 0
  for (const write of writes) {
    checkRef(scopePrefix, write)
    checkWrite(write)
    const { entity, key, event, ifRevision } = write
    const { text, value } = encodeJson(write.value, { maxBytes: maxRecordBytes, name: nameOf(write) })
    stored.push({ entity, key, value: text, event, ifRevision })
    values.push(value)
    units += text.length
  }
  checkUnique(stored)
  return { writes: stored, values, bytes: checkBytes(stored, units) }
}

function checkWrite(write: Write): void {
  const { event, ifRevision, value } = write
  if (!eventNames.has(event)) {
    throw new CruxError('invalid-value', `${nameOf(write)}: ${JSON.stringify(event)} is no event.`)
  }
  if (!Number.isSafeInteger(ifRevision) || ifRevision < 0) {
    throw new CruxError(
      'invalid-value',
      `${nameOf(write)}: ifRevision is ${ifRevision}; give the revision that was read, or 0 for a new key.`,
    )
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CruxError('invalid-value', `${nameOf(write)}: $ is not an object.`, { details: { path: '$' } })
  }
}

function checkUnique(writes: readonly StoredWrite[]): void {
  // Most commits write a task and its list.
  if (writes.length < 2 || (writes.length === 2 && writes[0]?.key !== writes[1]?.key)) return
  const seen = new Set<string>()
  for (const write of writes) {
    const name = nameOf(write)
    if (seen.has(name)) {
      throw new CruxError('invalid-value', `${name} is written twice in one commit: write it once.`)
    }
    seen.add(name)
  }
}

function checkBytes(writes: readonly StoredWrite[], units: number): number {
  // A UTF-16 unit takes at most three bytes, so most commits need not be counted.
  if (units * 3 <= maxCommitBytes) return units * 3
  const bytes = writes.reduce((sum, write) => sum + utf8Length(write.value), 0)
  if (bytes <= maxCommitBytes) return bytes
  throw new CruxError(
    'too-large',
    `A commit has at most ${maxCommitBytes} bytes of values, not ${bytes}: split it.`,
  )
}
