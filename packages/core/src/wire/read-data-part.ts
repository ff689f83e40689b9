import type { EntityName, EntityValues } from '../entities/entity.ts'
import { isEntityValue, isObject } from './entity-fields.ts'

/**
 * What a checked part says. Fields that were missing are still missing, but for those that follow from the key: `id`,
 * and `taskListId` of a task. `removedAt` may stand in any entity that was taken out of view (LIVE-12).
 */
export interface EntityPart<E extends EntityName = EntityName> {
  readonly entity: E
  readonly key: string
  readonly value: EntityValues[E] & { readonly removedAt?: number }
  readonly revision?: number
}

/**
 * Reads a part that came from outside: `undefined` if its entity, its shape or the type of a known field is not what
 * Crux sends (LIVE-1, CLI-13). Never throws, and never changes or freezes what it was given.
 */
export function readDataPart(part: unknown): EntityPart | undefined {
  if (!isObject(part)) return undefined
  const { entity, key, value, revision } = part
  if (entity !== 'plan' && entity !== 'tasklist' && entity !== 'task') return undefined
  if (typeof key !== 'string' || !isEntityValue(entity, value)) return undefined
  if (revision !== undefined && !Number.isSafeInteger(revision)) return undefined
  const isTask = entity === 'task'
  const slash = key.lastIndexOf('/')
  if (isTask ? slash < 1 || slash === key.length - 1 : key === '') return undefined

  const isComplete = value['id'] !== undefined && (!isTask || value['taskListId'] !== undefined)
  // The checks above are what the type says, but for fields that are missing: CLI-13 allows them, no type can.
  if (isComplete) return part as unknown as EntityPart
  const ids = isTask ? { id: key.slice(slash + 1), taskListId: key.slice(0, slash) } : { id: key }
  return { entity, key, value: { ...value, ...ids }, revision } as unknown as EntityPart
}
