import type { Plan } from './plan.ts'
import type { TaskList } from './task-list.ts'
import type { Task } from './task.ts'

/** The three kinds of things a store holds, by name. */
export interface EntityValues {
  readonly plan: Plan
  readonly tasklist: TaskList
  readonly task: Task
}

/** `'plan' | 'tasklist' | 'task'` */
export type EntityName = keyof EntityValues

/** A hint of what a change meant: plans and lists are `created`, tasks are `added`; the rest says itself. */
export type ChangeEvent = 'created' | 'updated' | 'completed' | 'discarded' | 'added' | 'removed'

/** Names one entity: its kind and its key. */
export interface EntityRef<E extends EntityName = EntityName> {
  readonly entity: E
  readonly key: string
}
