import type { ChangeEvent, EntityName } from '../entities/entity.ts'

/**
 * One change as it travels: the newest whole value of an entity, tagged with its revision (LIVE-1). A receiver keeps
 * the highest revision per entity, so that duplicates, late arrivals and gaps end in the same state.
 */
export interface CruxDataPart {
  readonly entity: EntityName
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
  readonly event: ChangeEvent
  /** Crux always sends it; without it a part is applied and the held revision stays. */
  readonly revision?: number
}

/**
 * The data parts of Crux for AI SDK messages: `UIMessage<unknown, CruxDataParts>` (LIVE-2). A `type`, because an
 * interface does not fit the `Record<string, unknown>` that the SDK asks for.
 */
export type CruxDataParts = { crux: CruxDataPart }
