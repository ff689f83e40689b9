import type { EntityName, EntityRef } from '../entities/entity.ts'
import { newId } from '../ids/index.ts'
import type { CommitGroup, GroupResult, StoreDriver, StoredRecord } from './store-driver.ts'

interface Slot {
  record: StoredRecord
}

/** A driver that keeps everything in this process; the reference for what a driver does. */
export function createInMemoryDriver(): StoreDriver {
  const epoch = newId()
  const slots = {
    plan: new Map<string, Slot>(),
    tasklist: new Map<string, Slot>(),
    task: new Map<string, Slot>(),
  }
  let seq = 0
  let purged = 0
  let floor = 0

  const recordOf = (ref: EntityRef) => slots[ref.entity].get(ref.key)?.record
  const all = (prefix: string, entity?: EntityName): StoredRecord[] =>
    (entity === undefined ? Object.values(slots) : [slots[entity]])
      .flatMap((map) => [...map.values()])
      .map((slot) => slot.record)
      .filter((record) => record.key.startsWith(prefix))

  const commitGroup = ({ id, writes }: CommitGroup): GroupResult => {
    for (const [index, write] of writes.entries()) {
      const record = recordOf(write)
      if (record?.commitId === id) return { first: record.seq - index, floor }
    }
    for (const { entity, key, ifRevision } of writes) {
      const revision = recordOf({ entity, key })?.revision ?? 0
      if (revision !== ifRevision) return { conflict: { entity, key, revision } }
    }
    const first = seq + 1
    const end = seq + writes.length
    for (const { entity, key, value, event, ifRevision } of writes) {
      seq++
      const revision = (ifRevision === 0 ? floor : ifRevision) + 1
      const record = { entity, key, value, event, revision, seq, end, commitId: id }
      slots[entity].set(key, { record })
    }
    return { first, floor }
  }

  return {
    head: async () => ({ epoch, seq, purged }),
    read: async (refs) => refs.map(recordOf),
    scan: async ({ prefix, entity, after, limit }) => {
      const place = (record: StoredRecord) => `${record.key}\0${record.entity}`
      const found = all(prefix, entity)
        .map((record) => ({ place: place(record), record }))
        .filter((item) => after === undefined || item.place > after)
        .sort((a, b) => (a.place < b.place ? -1 : 1))
      const page = found.slice(0, limit)
      const last = page.at(-1)
      const records = page.map((item) => item.record)
      return found.length > limit && last !== undefined ? { records, next: last.place } : { records }
    },
    since: async ({ prefix, after, limit }) => {
      const found = all(prefix)
        .filter((record) => record.seq > after)
        .sort((a, b) => a.seq - b.seq)
      const end = found.length > limit ? found[limit - 1]?.end : undefined
      if (end === undefined) return { epoch, records: found, upTo: seq }
      return { epoch, records: found.filter((record) => record.seq <= end), upTo: end }
    },
    commit: async (groups) => ({ epoch, results: groups.map(commitGroup) }),
    forget: async (refs) => {
      if (refs.some((ref) => recordOf(ref)?.revision !== ref.revision)) return 0
      for (const ref of refs) {
        floor = Math.max(floor, ref.revision)
        purged = Math.max(purged, recordOf(ref)?.seq ?? 0)
        slots[ref.entity].delete(ref.key)
      }
      return refs.length
    },
    renewEpoch: async () => {},
    close: async () => {},
  }
}
