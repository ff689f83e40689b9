import type { EntityName } from '../entities/entity.ts'
import type { ClientRef } from './crux-client.ts'

/** What changes are announced under: `<kind>:<key>`, `plans`, or `connection`. */
export type Topic = string

/** The topic of an entity, of the tasks of a list, or of the lists of a plan. */
export function topic(kind: EntityName | 'tasksOf' | 'listsOf', key: string): Topic {
  return `${kind}:${key}`
}

/** The topic of a ref. */
export function topicOf(ref: ClientRef): Topic {
  if (typeof ref === 'string') return ref
  if ('tasksOf' in ref) return topic('tasksOf', ref.tasksOf)
  return 'listsOf' in ref ? topic('listsOf', ref.listsOf) : topic(ref.entity, ref.key)
}
