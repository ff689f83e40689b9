import type { CruxDataPart } from '../wire/crux-data-part.ts'
import { readDataPart } from '../wire/read-data-part.ts'

/** Parts that wait to be applied together, the newest of each entity, in the order of their last change. */
export interface PartBatch {
  /** False for what cannot wait here, because it is nothing that a cache could use. */
  readonly add: (part: unknown) => boolean
  readonly isEmpty: () => boolean
  /** Gives what waits, and begins anew. */
  readonly take: () => readonly CruxDataPart[]
}

/** Bounded by the number of entities, however many of their changes come (D1). */
export function createPartBatch(): PartBatch {
  let parts = new Map<string, CruxDataPart>()
  return {
    add(part) {
      const { entity, key, revision } = Object(part)
      if (typeof key !== 'string' || (revision !== undefined && typeof revision !== 'number')) return false
      // One without a revision is applied to whatever is held (LIVE-1), so it may not take the place of one that has one.
      const slot = `${entity}:${revision === undefined ? '' : ':'}${key}`
      const held = parts.get(slot)
      if (held) {
        if (revision <= (held.revision ?? 0)) return true
        if (!readDataPart(part)) return false
        // Deleted first, so that it is in its place among the changes of other entities.
        parts.delete(slot)
      }
      // A part of the wrong shape is found by the cache, which counts it.
      parts.set(slot, part as CruxDataPart)
      return true
    },
    isEmpty: () => parts.size === 0,
    take() {
      const taken = [...parts.values()]
      parts = new Map()
      return taken
    },
  }
}
