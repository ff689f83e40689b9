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
import { createDeliveries, type Source } from './deliveries.ts'
import { createDerivedArray, type DerivedArray } from './derived-array.ts'
import { entityTopic, listsTopic, tasksTopic, type Topic } from './topic.ts'

/** What the cache holds of one entity: what readers are shown, and what is to be shown next. */
interface Entry<E extends EntityName> {
  readonly entity: E
  readonly key: string
  shown: Removable<EntityValues[E]> | undefined
  newest: Removable<EntityValues[E]> | undefined
  /** Of `newest`; 0 if none is known. */
  revision: number
  isDirty: boolean
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
  /** A snapshot begins: revisions of what came through the source count no longer. */
  readonly beginSnapshot: (source: EntrySource) => void
  /** A snapshot ended: what it lacked is gone. */
  readonly endSnapshot: (source: EntrySource) => void
  /** Shows what came in since the last time; gives the topics of what readers now see differently. */
  readonly publish: () => Set<Topic>
  /** Whether something came in since. */
  readonly hasNews: () => boolean
  /** The source of all transports together, to fork from. */
  readonly whole: EntrySource
  /** The source of what was there before any transport. */
  readonly past: EntrySource
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

/** See `EntityCache`. */
export function createEntityCache(): EntityCache {
  const entries: { readonly [E in EntityName]: Map<string, Entry<E>> } = {
    plan: new Map(),
    tasklist: new Map(),
    task: new Map(),
  }
  let dirty: Entry<EntityName>[] = []
  const { whole, past } = createDeliveries<Entry<EntityName>>()

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
      if (entry.shown) allPlans.note(entry, before)
      else allPlans.delete(entry)
      activePlans.invalidate()
      topics.add('plans')
    },
    tasklist(entry, before, topics) {
      const planId = entry.shown?.planId
      for (const id of new Set([before?.planId, planId])) {
        if (id === undefined) continue
        const lists = listsOfPlan.get(id) ?? createCollection<TaskList, Entry<'tasklist'>>(newestFirst)
        listsOfPlan.set(id, lists)
        if (id === planId) lists.note(entry, before)
        else if (lists.delete(entry)) listsOfPlan.delete(id)
        topics.add(listsTopic(id))
      }
    },
    task(entry, before, topics) {
      const listId = entry.key.slice(0, entry.key.lastIndexOf('/'))
      const list = tasksOfList.get(listId) ?? createTasksOfList()
      tasksOfList.set(listId, list)
      list.tree.invalidate()
      if (entry.shown) {
        if (list.tasks.note(entry, before)) list.ids.invalidate()
      } else {
        list.ids.invalidate()
        if (list.tasks.delete(entry)) tasksOfList.delete(listId)
      }
      topics.add(tasksTopic(listId))
    },
  }

  function take<E extends EntityName>(part: EntityPart<E>, source: EntrySource) {
    const { entity, key, value, revision } = part
    let entry = entries[entity].get(key)
    if (!entry) {
      entry = { entity, key, shown: undefined, newest: undefined, revision: 0, isDirty: false }
      entries[entity].set(key, entry)
    }
    source.add(entry)
    // LIVE-1: without a revision it counts as news, and the revision held stays.
    if (revision !== undefined) {
      if (revision <= entry.revision) return
      entry.revision = revision
    }
    change(entry, value)
  }

  function change<E extends EntityName>(entry: Entry<E>, value: Entry<E>['newest']) {
    entry.newest = value
    if (entry.isDirty) return
    entry.isDirty = true
    dirty.push(entry)
  }

  function reveal<E extends EntityName>(entry: Entry<E>, topics: Set<Topic>) {
    entry.isDirty = false
    if (entry.newest === undefined) entries[entry.entity].delete(entry.key)
    const before = entry.shown
    if (isSameJson(before, entry.newest)) {
      // The same content keeps its identity, so that a snapshot after a reconnect renders nothing anew (CLI-11).
      entry.newest = before
      return
    }
    entry.shown = entry.newest
    if (present(before) || present(entry.shown)) topics.add(entityTopic(entry.entity, entry.key))
    indexes[entry.entity](entry, before, topics)
  }

  function publish(): Set<Topic> {
    const topics = new Set<Topic>()
    const changed = dirty
    dirty = []
    for (const entry of changed) reveal(entry, topics)
    return topics
  }

  function receive(part: unknown, source: EntrySource): boolean {
    const known = readDataPart(part)
    if (known) take(known, source)
    return known !== undefined
  }

  const planOf = (id: string) => present(entries.plan.get(id)?.shown)
  const listOf = (id: string) => present(entries.tasklist.get(id)?.shown)
  const taskOf = (listId: string, taskId: string) => present(entries.task.get(`${listId}/${taskId}`)?.shown)

  return {
    receive,
    publish,
    hasNews: () => dirty.length > 0,
    whole,
    past,
    beginSnapshot: (source) =>
      source.reset((entry) => {
        entry.revision = 0
      }),
    endSnapshot: (source) => source.ready((entry) => change(entry, undefined)),
    view: {
      getPlan: planOf,
      getPlans: (filter) => (filter?.includeDiscarded ? allPlans.values() : activePlans.read()),
      getTaskList: listOf,
      getTaskListsByPlan: (planId) => listsOfPlan.get(planId)?.values() ?? nothing,
      getTask: taskOf,
      getTaskIds: (listId) => tasksOfList.get(listId)?.ids.read() ?? nothing,
      getTasks: (listId) => tasksOfList.get(listId)?.tasks.values() ?? nothing,
      getTaskTree: (listId) => tasksOfList.get(listId)?.tree.read() ?? nothing,
    },
    parts: () =>
      Object.values(entries).flatMap((entriesOfKind) =>
        [...entriesOfKind.values()].flatMap(({ entity, key, newest, revision }) =>
          newest
            ? [
                {
                  entity,
                  key,
                  value: { ...newest },
                  event: 'updated' as const,
                  ...(revision > 0 && { revision }),
                },
              ]
            : [],
        ),
      ),
  }
}

const nothing: readonly never[] = []

function createTasksOfList(): TasksOfList {
  const tasks = createCollection<Task, Entry<'task'>>(byPosition)
  return {
    tasks,
    ids: createDerivedArray(() => tasks.members().map(({ key }) => key.slice(key.lastIndexOf('/') + 1))),
    tree: createDerivedArray(() => taskTree([...tasks.values(), ...tasks.removed()])),
  }
}
