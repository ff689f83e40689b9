import type { EntityName } from '../entities/entity.ts'
import type { ClientRef } from './crux-client.ts'

/** What changes are announced under: one text per entity, per collection, and `connection`. */
export type Topic = string

/** The topic of a ref. */
export function topicOf(ref: ClientRef): Topic {
  if (typeof ref === 'string') return ref
  if ('tasksOf' in ref) return tasksTopic(ref.tasksOf)
  if ('listsOf' in ref) return listsTopic(ref.listsOf)
  return entityTopic(ref.entity, ref.key)
}

/** The topic of one entity. */
export const entityTopic = (entity: EntityName, key: string): Topic => `${entity}:${key}`

/** The topic of the tasks of a list. */
export const tasksTopic = (listId: string): Topic => `tasksOf:${listId}`

/** The topic of the task lists of a plan. */
export const listsTopic = (planId: string): Topic => `listsOf:${planId}`
