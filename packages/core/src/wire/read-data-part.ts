import type { ChangeEvent, EntityName, EntityValues } from '../entities/entity.ts'
import { isEntityValue, isObject } from './entity-fields.ts'

/**
 * A checked part. Fields that were missing are still missing, but for those that follow from the key: `id`, and
 * `taskListId` of a task. `removedAt` may stand in any entity that was taken out of view (LIVE-12).
 */
export type EntityPart<E extends EntityName = EntityName> = {
  readonly entity: E
  readonly key: string
  readonly value: EntityValues[E] & { readonly removedAt?: number }
  readonly event: ChangeEvent
  readonly revision?: number
}

const changeEvents: readonly ChangeEvent[] = [
  'created',
  'updated',
  'completed',
  'discarded',
  'added',
  'removed',
]

/**
 * Reads a part that came from outside: `undefined` if its entity, its shape or the type of a known field is not what
 * Crux sends (LIVE-1, CLI-13). Never throws, and never changes or freezes what it was given.
 */
export function readDataPart(part: unknown): EntityPart | undefined {
  if (!isObject(part)) return undefined
  const { entity, key, value, revision } = part
  if (entity !== 'plan' && entity !== 'tasklist' && entity !== 'task') return undefined
  if (typeof key !== 'string' || !isEntityValue(entity, value)) return undefined
  if (revision !== undefined && !(Number.isSafeInteger(revision) && Number(revision) >= 0)) return undefined
  const ids = idsOf(entity, key)
  if (!ids) return undefined

  const event = changeEvents.find((known) => known === part['event']) ?? 'updated'
  const isComplete = value['id'] !== undefined && (entity !== 'task' || value['taskListId'] !== undefined)
  const isAsSent = isComplete && event === part['event']
  const checked = isAsSent ? part : { ...part, event, value: isComplete ? value : { ...value, ...ids } }
  // The checks above are what the type says, but for fields that are missing: CLI-13 allows them, no type can.
  return checked as unknown as EntityPart
}

/** The fields that follow from a key, or `undefined` if it is none of that entity. */
function idsOf(
  entity: EntityName,
  key: string,
): { readonly id: string; readonly taskListId?: string } | undefined {
  if (entity !== 'task') return key === '' ? undefined : { id: key }
  const slash = key.lastIndexOf('/')
  if (slash < 1 || slash === key.length - 1) return undefined
  return { id: key.slice(slash + 1), taskListId: key.slice(0, slash) }
}
