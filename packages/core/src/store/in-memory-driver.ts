import type { EntityRef } from '../entities/entity.ts'
import { newId } from '../ids/index.ts'
import { createEndedListPicker } from './ended-list-picker.ts'
import { createSortedIndex, type SortedIndex } from './sorted-index.ts'
import type { CommitGroup, GroupResult, StoreDriver, StoredRecord } from './store-driver.ts'

/** The key and entity of a record, at its place in byte order of (key, entity). */
interface Place extends EntityRef {
  readonly place: string
}

/**
 * A driver that keeps everything in this process: the reference for what a driver does. With more than `maxRecords`
 * records it forgets finished lists, the earliest ended first; if that is not enough, a commit is refused as full.
 */
export function createInMemoryDriver({
  maxRecords = 100_000,
}: { readonly maxRecords?: number } = {}): StoreDriver {
  const records = {
    plan: new Map<string, StoredRecord>(),
    tasklist: new Map<string, StoredRecord>(),
    task: new Map<string, StoredRecord>(),
  }
  const places = createSortedIndex<Place>()
  const placesOf = {
    plan: createSortedIndex<Place>(),
    tasklist: createSortedIndex<Place>(),
    task: createSortedIndex<Place>(),
  }
  /** By position; what a later commit overwrote stays in it until the next `compact`. */
  let log: StoredRecord[] = []
  let count = 0
  let epoch = newId()
  let seq = 0
  let purged = 0
  let floor = 0

  const recordAt = ({ entity, key }: EntityRef) => records[entity].get(key)
  const isCurrent = (record: StoredRecord) => recordAt(record) === record

  const put = (record: StoredRecord, isNew: boolean) => {
    records[record.entity].set(record.key, record)
    log.push(record)
    if (isNew) {
      const { entity, key } = record
      const place = { place: placeOf(record), entity, key }
      places.add(place)
      placesOf[entity].add(place)
      count++
    }
    if (log.length > 2 * count + 1_000) log = log.filter(isCurrent)
  }

  const forget = (refs: readonly EntityRef[]) => {
    for (const ref of refs) {
      const record = recordAt(ref)
      if (record === undefined) continue
      floor = Math.max(floor, record.revision)
      purged = Math.max(purged, record.seq)
      records[ref.entity].delete(ref.key)
      places.delete(placeOf(ref))
      placesOf[ref.entity].delete(placeOf(ref))
      count--
    }
  }

  const pickEnded = createEndedListPicker({
    lists: records.tasklist,
    tasksOf: (listKey) => placesUnder(placesOf.task, `${listKey}/`),
  })

  /** False if the group does not fit, even without the lists that could be forgotten for it. */
  const makeRoomFor = ({ writes }: CommitGroup): boolean => {
    if (count + writes.length <= maxRecords) return true
    const added = writes.filter((write) => write.ifRevision === 0).length
    const excess = count + added - maxRecords
    if (added === 0 || excess <= 0) return true
    const written = new Set(writes.map((write) => listOf(write.key)))
    const ended = pickEnded(excess, (listKey) => written.has(listKey))
    if (ended === undefined) return false
    forget(ended)
    return true
  }

  /** What a commit that is sent again was told the first time; `undefined` if it was not executed (STO-5). */
  const firstAnswer = ({ id, writes }: CommitGroup): GroupResult | undefined => {
    let first: number | undefined
    let floorThen = floor
    let index = 0
    for (const write of writes) {
      const record = recordAt(write)
      if (record?.commitId === id) {
        first = record.seq - index
        // The floor may have moved since: a key that was new then tells where it was.
        if (write.ifRevision === 0) floorThen = record.revision - 1
      }
      index++
    }
    return first === undefined ? undefined : { first, floor: floorThen }
  }

  const commitGroup = (group: CommitGroup): GroupResult => {
    const { id, writes } = group
    for (const write of writes) {
      const revision = recordAt(write)?.revision ?? 0
      if (revision === write.ifRevision) continue
      // A group that was executed before has a key above the revision it expected, so only here that is a question.
      return firstAnswer(group) ?? { conflict: { entity: write.entity, key: write.key, revision } }
    }
    if (!makeRoomFor(group)) return { full: true }
    const first = seq + 1
    const end = seq + writes.length
    for (const { entity, key, value, event, ifRevision } of writes) {
      const revision = (ifRevision === 0 ? floor : ifRevision) + 1
      put({ entity, key, value, event, revision, seq: ++seq, end, commitId: id }, ifRevision === 0)
    }
    return { first, floor }
  }

  return {
    head: async () => ({ epoch, seq, purged }),
    read: async (refs) => refs.map(recordAt),
    scan: async ({ prefix, entity, after, limit }) => {
      const index = entity === undefined ? places : placesOf[entity]
      const found: StoredRecord[] = []
      let last: string | undefined
      for (const place of placesUnder(index, prefix, after)) {
        if (found.length === limit) return { records: found, ...(last !== undefined && { next: last }) }
        const record = recordAt(place)
        if (record !== undefined) found.push(record)
        last = place.place
      }
      return { records: found }
    },
    since: async ({ prefix, after, limit }) => {
      const found: StoredRecord[] = []
      let upTo = seq
      for (let at = firstAbove(log, after); at < log.length; at++) {
        const record = log[at]
        if (record === undefined || !record.key.startsWith(prefix) || !isCurrent(record)) continue
        // A full page goes on to the end of its last commit.
        const last = found.length < limit ? undefined : found.at(-1)
        if (last !== undefined && last.end !== record.end) {
          upTo = last.end
          break
        }
        found.push(record)
      }
      return { epoch, records: found, upTo, purged }
    },
    commit: async (groups) => ({ epoch, results: groups.map(commitGroup) }),
    forget: async (refs) => {
      if (refs.some((ref) => recordAt(ref)?.revision !== ref.revision)) return 0
      forget(refs)
      return refs.length
    },
    renewEpoch: async () => {
      epoch = newId()
    },
    close: async () => {},
  }
}

/** A space sorts below every character of a key, so that places are in order of key, then entity. */
function placeOf({ entity, key }: EntityRef): string {
  return `${key} ${entity}`
}

function* placesUnder(
  index: SortedIndex<Place>,
  prefix: string,
  after?: string,
): Generator<Place, void, undefined> {
  for (const place of index.from(after ?? prefix)) {
    if (!place.key.startsWith(prefix)) return
    if (place.place !== after) yield place
  }
}

/** The key of the list that a list's or a task's key names. */
function listOf(key: string): string {
  const slash = key.indexOf('/')
  return slash === -1 ? key : key.slice(0, slash)
}

/** The index of the first record above a position; binary search. */
function firstAbove(log: readonly StoredRecord[], position: number): number {
  let low = 0
  let high = log.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((log[middle]?.seq ?? Infinity) <= position) low = middle + 1
    else high = middle
  }
  return low
}
