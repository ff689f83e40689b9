import type { EntityName, EntityValues } from '../entities/entity.ts'
import { newestFirst } from '../entities/newest-first.ts'
import type { Plan } from '../entities/plan.ts'
import type { TaskList } from '../entities/task-list.ts'
import { byPosition } from '../entities/task-order.ts'
import { taskTree, type TaskNode } from '../entities/task-tree.ts'
import { isSameJson } from '../json/is-same-json.ts'
import type { CruxDataPart } from '../wire/crux-data-part.ts'
import { readDataPart, type EntityPart } from '../wire/read-data-part.ts'
import {
  createCollection,
  present,
  type Collection,
  type CollectionKind,
  type Removable,
} from './collection.ts'
import type { CruxClientView } from './crux-client.ts'
import { createDeliveries, type Deliveries, type Source } from './deliveries.ts'
import { topic, type Topic, type TopicKind } from './topic.ts'

/** What the cache holds of one entity: what readers are shown, and what is to be shown next. */
interface Entry<E extends EntityName> {
  readonly entity: E
  readonly key: string
  readonly topic: Topic
  shown: Removable<EntityValues[E]> | undefined
  newest: Removable<EntityValues[E]> | undefined
  /** Of `newest`; `undefined` if none is known. */
  revision: number | undefined
}

/** What the second way of reading a collection gives: plans that are not discarded, the tree of tasks. */
interface Arranged {
  readonly plan: Plan
  readonly tasklist: TaskList
  readonly task: TaskNode
}

/** All entities of one kind, and the collections that they are read in. */
interface Shelf<E extends EntityName> extends CollectionKind<EntityValues[E], Arranged[E]> {
  readonly entries: Map<string, Entry<E>>
  readonly groups: Map<string, Collection<EntityValues[E], Arranged[E]>>
  readonly groupKind: TopicKind
  /** The key of the collection that a value belongs to. */
  readonly groupOf: (value: EntityValues[E], key: string) => string | undefined
}

/** Where the parts of a transport go in. */
export type EntrySource = Source<Entry<EntityName>>

/**
 * The newest value of each entity. What comes in is known at once but shown only at the next `publish`, so that readers
 * never run ahead of what was announced (CLI-12).
 */
export interface EntityCache {
  /** Takes a part in; false if it is none that Crux sends. Never throws. */
  readonly receive: (part: unknown, source: EntrySource) => boolean
  /** Who delivered what. Its `reset` makes held revisions count no longer, its `ready` lets go of what is gone. */
  readonly deliveries: Deliveries<Entry<EntityName>>
  /** Shows what came in since the last time; gives the topics of what readers now see differently. */
  readonly publish: () => Set<Topic>
  /** Whether something came in since. */
  readonly hasNews: () => boolean
  readonly view: Omit<CruxClientView, 'getConnection'>
  /** The newest value of each entity, removed ones included. */
  readonly parts: () => CruxDataPart[]
}

/** See `EntityCache`. `onRead` hears of what is read through the view. */
export function createEntityCache(onRead?: (topic: Topic) => void): EntityCache {
  const shelves: { readonly [E in EntityName]: Shelf<E> } = {
    plan: {
      entries: new Map(),
      groups: new Map(),
      groupKind: 'plans',
      groupOf: () => '',
      compare: newestFirst,
      arrange: (plans) => plans.filter((plan) => plan.discardedAt === undefined),
    },
    tasklist: {
      entries: new Map(),
      groups: new Map(),
      groupKind: 'listsOf',
      groupOf: ({ planId }) => planId,
      compare: newestFirst,
      arrange: (lists) => lists,
    },
    task: {
      entries: new Map(),
      groups: new Map(),
      groupKind: 'tasksOf',
      groupOf: (_, key) => key.slice(0, key.lastIndexOf('/')),
      compare: byPosition,
      arrange: (tasks, removed) => taskTree([...tasks, ...removed]),
    },
  }
  let dirty = new Set<Entry<EntityName>>()
  const deliveries = createDeliveries<Entry<EntityName>>(
    (entry) => {
      entry.revision = undefined
    },
    (entry) => change(entry, undefined),
  )

  function take<E extends EntityName>(part: EntityPart<E>, source: EntrySource) {
    const { entity, key, value, revision } = part
    const { entries } = shelves[entity]
    let entry = entries.get(key)
    if (!entry) {
      entry = {
        entity,
        key,
        topic: topic(entity, key),
        shown: undefined,
        newest: undefined,
        revision: undefined,
      }
      entries.set(key, entry)
    }
    deliveries.add(source, entry)
    const held = entry.revision
    if (revision === undefined) {
      // LIVE-1: it counts as news, and the revision held stays, 0 if none.
      entry.revision ??= 0
    } else {
      // Those of plans made of tool calls are below zero (INJ-133).
      if (held !== undefined && revision <= held) return
      entry.revision = revision
    }
    // No revision says that it is news: after a reset most of it is not, and what is the same must not render (CLI-11).
    const isSame = (revision === undefined || !held) && isSameJson(entry.shown, value)
    change(entry, isSame ? entry.shown : value)
  }

  function change<E extends EntityName>(entry: Entry<E>, value: Entry<E>['newest']) {
    entry.newest = value
    dirty.add(entry)
  }

  function reveal<E extends EntityName>(entry: Entry<E>, topics: Set<Topic>) {
    const { key, shown: before, newest: after } = entry
    const shelf = shelves[entry.entity]
    if (!after) shelf.entries.delete(key)
    if (before === after) return
    entry.shown = after
    if (present(before) || present(after)) topics.add(entry.topic)

    const groupKey = after && shelf.groupOf(after, key)
    for (const id of new Set([before && shelf.groupOf(before, key), groupKey])) {
      if (id === undefined) continue
      const group = shelf.groups.get(id) ?? createCollection(shelf)
      group.note(entry, id === groupKey, before)
      if (group.isEmpty()) shelf.groups.delete(id)
      else shelf.groups.set(id, group)
      topics.add(topic(shelf.groupKind, id))
    }
  }

  function valueOf<E extends EntityName>(entity: E, key: string) {
    onRead?.(topic(entity, key))
    return present(shelves[entity].entries.get(key)?.shown)
  }

  function groupOf<E extends EntityName>(entity: E, key: string) {
    const { groups, groupKind } = shelves[entity]
    onRead?.(topic(groupKind, key))
    return groups.get(key)
  }

  return {
    deliveries,
    receive(part, source) {
      const known = readDataPart(part)
      if (known) take(known, source)
      return known !== undefined
    },
    publish() {
      const topics = new Set<Topic>()
      const changed = dirty
      dirty = new Set()
      for (const entry of changed) reveal(entry, topics)
      return topics
    },
    hasNews: () => dirty.size > 0,
    view: {
      getPlan: (id) => valueOf('plan', id),
      getPlans: (filter) =>
        groupOf('plan', '')?.[filter?.includeDiscarded ? 'values' : 'arranged'].read() ?? nothing,
      getTaskList: (id) => valueOf('tasklist', id),
      getTaskListsByPlan: (planId) => groupOf('tasklist', planId)?.values.read() ?? nothing,
      getTask: (listId, taskId) => valueOf('task', `${listId}/${taskId}`),
      getTaskIds: (listId) => groupOf('task', listId)?.ids.read() ?? nothing,
      getTasks: (listId) => groupOf('task', listId)?.values.read() ?? nothing,
      getTaskTree: (listId) => groupOf('task', listId)?.arranged.read() ?? nothing,
    },
    parts() {
      const parts: CruxDataPart[] = []
      for (const { entries } of Object.values(shelves)) {
        for (const { entity, key, newest, revision } of entries.values()) {
          if (newest)
            parts.push({ entity, key, value: { ...newest }, event: 'updated', ...(revision && { revision }) })
        }
      }
      return parts
    },
  }
}

const nothing: readonly never[] = []
