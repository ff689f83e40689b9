import type { CruxRecord } from '@crux/core'
import type { Connection } from './live-state.ts'
import { refOf } from './progress-window.ts'

/** What clients that fell behind have missed: the newest record of each entity, once for all of them (D7). */
export interface MissedChanges {
  readonly join: (connection: Connection) => void
  readonly leave: (connection: Connection) => void
  /** True when nobody needs it any more. */
  readonly isDone: () => boolean
  readonly add: (record: CruxRecord) => void
  /** The newest record of each entity that changed after a position, in the order of their positions. */
  readonly since: (position: number) => readonly CruxRecord[]
}

/** A record, and how its entity came into being if that too was missed. */
interface Missed {
  readonly record: CruxRecord
  readonly birth: CruxRecord | undefined
}

/** Makes an empty one. It takes room for each entity, not for each change, however long a client stays away. */
export function createMissedChanges(): MissedChanges {
  const connections = new Set<Connection>()
  const newest = new Map<string, Missed>()
  return {
    join: (connection) => void connections.add(connection),
    leave: (connection) => void connections.delete(connection),
    isDone: () => connections.size === 0,
    add: (record) => {
      const ref = refOf(record)
      const known = newest.get(ref)
      if (known !== undefined && known.record.seq >= record.seq) return
      const isBirth = record.event === 'created' || record.event === 'added'
      newest.set(ref, { record, birth: isBirth ? record : known?.birth })
    },
    since: (position) =>
      [...newest.values()]
        .filter(({ record }) => record.seq > position)
        .toSorted((a, b) => a.record.seq - b.record.seq)
        .map(({ record, birth }) =>
          birth !== undefined && birth.seq > position ? joined(record, birth) : record,
        ),
  }
}

/** Joined changes: `created` and `added` win over `updated`. */
function joined(record: CruxRecord, birth: CruxRecord): CruxRecord {
  return record.event === 'updated' ? { ...record, event: birth.event } : record
}
