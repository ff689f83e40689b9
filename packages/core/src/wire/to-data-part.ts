import type { ChangeEvent, EntityName } from '../entities/entity.ts'
import type { CruxDataPart } from './crux-data-part.ts'

/** What of a record travels: a store's record, or one whose value a projection replaced. */
export interface SentRecord {
  readonly entity: EntityName
  readonly key: string
  readonly value: object
  readonly event: ChangeEvent
  readonly revision: number
}

/** The data part of a record: only what is documented travels, never the store's own fields (LIVE-1). */
export function toDataPart({ entity, key, value, event, revision }: SentRecord): CruxDataPart {
  return { entity, key, value: { ...value }, event, revision }
}
