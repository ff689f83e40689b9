import type { EntityName, EntityValues } from '../entities/entity.ts'
import { newestFirst } from '../entities/newest-first.ts'
import type { Plan } from '../entities/plan.ts'
import type { TaskList } from '../entities/task-list.ts'
import { byPosition } from '../entities/task-order.ts'
import { taskTree, type TaskNode } from '../entities/task-tree.ts'
import type { Task } from '../entities/task.ts'
import { isSameJson } from '../json/is-same-json.ts'
import type { CruxDataPart } from '../wire/crux-data-part.ts'
import { readDataPart, type EntityPart } from '../wire/read-data-part.ts'
import { createCollection, present, type Collection, type Removable } from './collection.ts'
import type { CruxClientView } from './crux-client.ts'
import { createDeliveries, type Deliveries, type Source } from './deliveries.ts'
import { createDerivedArray, type DerivedArray } from './derived-array.ts'
import { topic, type Topic } from './topic.ts'

/** What the cache holds of one entity: what readers are shown, and what is to be shown next. */
interface Entry<E extends EntityName> {
  readonly entity: E
  readonly key: string
  readonly topic: Topic
  shown: Removable<EntityValues[E]> | undefined
  newest: Removable<EntityValues[E]> | undefined
  /** Of `newest`; 0 if none is known. */
  revision: number
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

/** The tasks of one list and what is derived from them. */
interface TasksOfList {
  readonly tasks: Collection<Task, Entry<'task'>>
  readonly ids: DerivedArray<string>
  readonly tree: DerivedArray<TaskNode>
}

/** See `EntityCache`. `onRead` hears of what is read through the view. */
export function createEntityCache(onRead?: (topic: Topic) => void): EntityCache {
  const entries: { readonly [E in EntityName]: Map<string, Entry<E>> } = {
    plan: new Map(),
    tasklist: new Map(),
    task: new Map(),
  }
  let dirty = new Set<Entry<EntityName>>()
  const deliveries = createDeliveries<Entry<EntityName>>(
    (entry) => {
      entry.revision = 0
    },
    (entry) => change(entry, undefined),
  )

  const allPlans = createCollection<Plan, Entry<'plan'>>(newestFirst)
  const activePlans = createDerivedArray(() =>
    allPlans.values().filter((plan) => plan.discardedAt === undefined),
  )
  const listsOfPlan = new Map<string, Collection<TaskList, Entry<'tasklist'>>>()
  const tasksOfList = new Map<string, TasksOfList>()

  const indexes: {
    readonly [E in EntityName]: (entry: Entry<E>, before: Entry<E>['shown'], topics: Set<Topic>) => void
  } = {
    plan(entry, before, topics) {
      allPlans.note(entry, entry.shown !== undefined, before)
      activePlans.invalidate()
      topics.add('plans')
    },
    tasklist(entry, before, topics) {
      const planId = entry.shown?.planId
      for (const id of new Set([before?.planId, planId])) {
        if (id === undefined) continue
        const lists = listsOfPlan.get(id) ?? createCollection<TaskList, Entry<'tasklist'>>(newestFirst)
        lists.note(entry, id === planId, before)
        keep(listsOfPlan, id, lists, lists)
        topics.add(topic('listsOf', id))
      }
    },
    task(entry, before, topics) {
      const listId = entry.key.slice(0, entry.key.lastIndexOf('/'))
      const list = tasksOfList.get(listId) ?? createTasksOfList()
      if (list.tasks.note(entry, entry.shown !== undefined, before)) list.ids.invalidate()
      list.tree.invalidate()
      keep(tasksOfList, listId, list, list.tasks)
      topics.add(topic('tasksOf', listId))
    },
  }

  function take<E extends EntityName>(part: EntityPart<E>, source: EntrySource) {
    const { entity, key, value, revision } = part
    let entry = entries[entity].get(key)
    if (!entry) {
      entry = { entity, key, topic: topic(entity, key), shown: undefined, newest: undefined, revision: 0 }
      entries[entity].set(key, entry)
    }
    deliveries.add(source, entry)
    const held = entry.revision
    // LIVE-1: without a revision it counts as news, and the revision held stays.
    if (revision !== undefined) {
      if (revision <= held) return
      entry.revision = revision
    }
    // No revision says that it is news: after a reset most of it is not, and what is the same must not render (CLI-11).
    const isSame = (revision === undefined || held === 0) && isSameJson(entry.shown, value)
    change(entry, isSame ? entry.shown : value)
  }

  function change<E extends EntityName>(entry: Entry<E>, value: Entry<E>['newest']) {
    entry.newest = value
    dirty.add(entry)
  }

  function reveal<E extends EntityName>(entry: Entry<E>, topics: Set<Topic>) {
    if (entry.newest === undefined) entries[entry.entity].delete(entry.key)
    const before = entry.shown
    if (before === entry.newest) return
    entry.shown = entry.newest
    if (present(before) || present(entry.shown)) topics.add(entry.topic)
    indexes[entry.entity](entry, before, topics)
  }

  function publish(): Set<Topic> {
    const topics = new Set<Topic>()
    const changed = dirty
    dirty = new Set()
    for (const entry of changed) reveal(entry, topics)
    return topics
  }

  function receive(part: unknown, source: EntrySource): boolean {
    const known = readDataPart(part)
    if (known) take(known, source)
    return known !== undefined
  }

  function shown<E extends EntityName>(entity: E, key: string) {
    onRead?.(topic(entity, key))
    return present(entries[entity].get(key)?.shown)
  }

  function tasksOf(listId: string) {
    onRead?.(topic('tasksOf', listId))
    return tasksOfList.get(listId)
  }

  return {
    receive,
    publish,
    hasNews: () => dirty.size > 0,
    deliveries,
    view: {
      getPlan: (id) => shown('plan', id),
      getPlans(filter) {
        onRead?.('plans')
        return filter?.includeDiscarded ? allPlans.values() : activePlans.read()
      },
      getTaskList: (id) => shown('tasklist', id),
      getTaskListsByPlan(planId) {
        onRead?.(topic('listsOf', planId))
        return listsOfPlan.get(planId)?.values() ?? nothing
      },
      getTask: (listId, taskId) => shown('task', `${listId}/${taskId}`),
      getTaskIds: (listId) => tasksOf(listId)?.ids.read() ?? nothing,
      getTasks: (listId) => tasksOf(listId)?.tasks.values() ?? nothing,
      getTaskTree: (listId) => tasksOf(listId)?.tree.read() ?? nothing,
    },
    parts() {
      const parts: CruxDataPart[] = []
      for (const { entity, key, newest, revision } of Object.values(entries).flatMap((kind) => [
        ...kind.values(),
      ])) {
        if (newest)
          parts.push({ entity, key, value: { ...newest }, event: 'updated', ...(revision && { revision }) })
      }
      return parts
    },
  }
}

const nothing: readonly never[] = []

/** Keeps what is in use under `key`, and lets go of it when nothing is in it. */
function keep<V>(
  map: Map<string, V>,
  key: string,
  value: V,
  { isEmpty }: { readonly isEmpty: () => boolean },
) {
  if (isEmpty()) map.delete(key)
  else map.set(key, value)
}

function createTasksOfList(): TasksOfList {
  const tasks = createCollection<Task, Entry<'task'>>(byPosition)
  return {
    tasks,
    ids: createDerivedArray(() => tasks.members().map(({ key }) => key.slice(key.lastIndexOf('/') + 1))),
    tree: createDerivedArray(() => taskTree([...tasks.values(), ...tasks.removed()])),
  }
}
