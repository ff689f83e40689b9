import type { EntityRef } from '../entities/entity.ts'
import { CruxError } from '../errors/index.ts'
import { deepFreeze } from '../json/index.ts'
import type { CruxRecord } from './crux-store.ts'
import type { StoredRecord, StoredWrite } from './store-driver.ts'

/**
 * The record that a driver keeps, with its value read. Deeply frozen, so that it can be shared (ENT-4). Text that is
 * not JSON, which no commit wrote, is `store-unavailable`.
 */
export function decodeRecord(stored: StoredRecord): CruxRecord {
  const { entity, key, event, revision, seq } = stored
  const record = { entity, key, value: deepFreeze(parseValue(stored)), event, revision, seq }
  // The text was encoded from a value of that entity.
  return Object.freeze(record) as CruxRecord
}

function parseValue(stored: StoredRecord): unknown {
  try {
    return JSON.parse(stored.value)
  } catch (cause) {
    const message = `${nameOf(stored)} is not JSON in the store: something else than Crux wrote it. Restore or remove it.`
    throw new CruxError('store-unavailable', message, { cause })
  }
}

/** The record that a write became at that position; `value` is the frozen copy that its text was made of. */
export function writtenRecord(write: StoredWrite, value: unknown, seq: number, floor: number): CruxRecord {
  const { entity, key, event, ifRevision } = write
  const revision = (ifRevision === 0 ? floor : ifRevision) + 1
  // The value was checked and copied from one of that entity.
  return Object.freeze({ entity, key, value, event, revision, seq }) as CruxRecord
}

/** How an error message names an entity: `task "list/build"`. */
export function nameOf({ entity, key }: EntityRef): string {
  return `${entity} "${key}"`
}
