import type { EntityName } from '../entities/entity.ts'
import type { ClientRef } from './crux-client.ts'

/** What changes are announced under: `<kind>:<key>`. */
export type Topic = string

/** What a topic is about; of `plans` and `connection` there is one each, with an empty key. */
export type TopicKind = EntityName | 'tasksOf' | 'listsOf' | 'plans' | 'connection'

/** The topic of that kind and key. */
export function topic(kind: TopicKind, key = ''): Topic {
  return `${kind}:${key}`
}

/** The topic of a ref. */
export function topicOf(ref: ClientRef): Topic {
  if (typeof ref === 'string') return topic(ref)
  if ('tasksOf' in ref) return topic('tasksOf', ref.tasksOf)
  return 'listsOf' in ref ? topic('listsOf', ref.listsOf) : topic(ref.entity, ref.key)
}
