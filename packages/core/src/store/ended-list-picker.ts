import type { EntityRef } from '../entities/entity.ts'
import { endOf } from './purge-ended.ts'
import type { StoredRecord } from './store-driver.ts'

/** What the picker looks at. */
export interface EndedListPickerOptions {
  readonly lists: ReadonlyMap<string, StoredRecord>
  readonly tasksOf: (listKey: string) => Iterable<EntityRef>
}

/** A list that had come to its end when it was last looked at. */
interface Candidate {
  readonly record: StoredRecord
  readonly endedAt: number
}

/**
 * Picks finished lists to make room, the earliest ended first: gives them with their tasks, at least `needed` records,
 * or `undefined` if there are not so many. `isSpared` lists stay. Candidates are kept between calls: a store at its
 * limit makes room with every commit and must not read all of its lists each time.
 */
export function createEndedListPicker({ lists, tasksOf }: EndedListPickerOptions) {
  let candidates: readonly Candidate[] = []

  const gather = (): readonly Candidate[] => {
    const found: Candidate[] = []
    for (const record of lists.values()) {
      const endedAt = endOf('tasklist', JSON.parse(record.value))
      if (endedAt !== undefined) found.push({ record, endedAt })
    }
    return found.sort((a, b) => a.endedAt - b.endedAt)
  }

  const pickFromCandidates = (needed: number, isSpared: (listKey: string) => boolean) => {
    // What was forgotten or written since is no candidate any more.
    candidates = candidates.filter(({ record }) => lists.get(record.key) === record)
    const picked: EntityRef[] = []
    for (const { record } of candidates) {
      if (isSpared(record.key)) continue
      picked.push(record, ...tasksOf(record.key))
      if (picked.length >= needed) return picked
    }
    return undefined
  }

  return (needed: number, isSpared: (listKey: string) => boolean): readonly EntityRef[] | undefined => {
    const picked = pickFromCandidates(needed, isSpared)
    if (picked !== undefined) return picked
    candidates = gather()
    return pickFromCandidates(needed, isSpared)
  }
}
