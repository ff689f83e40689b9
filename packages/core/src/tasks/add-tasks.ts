import { timeAfter, type CruxEnv } from '../commands/crux-env.ts'
import { unchanged, writing } from '../commands/decisions.ts'
import { readInput } from '../commands/read-input.ts'
import { alreadyExists, taskCycle } from '../entities/entity-errors.ts'
import { findCycle } from '../entities/find-cycle.ts'
import { newTask, type NewTask } from '../entities/task-changes.ts'
import { newTaskList, type NewTaskList } from '../entities/task-list-changes.ts'
import type { TaskList } from '../entities/task-list.ts'
import { parsePosition } from '../entities/task-order.ts'
import type { Task } from '../entities/task.ts'
import { parseId, resolveKey, taskKey } from '../ids/index.ts'
import { transact, type Write } from '../store/index.ts'
import { livingTask, openList, readListAndTasks } from './read-tasks.ts'
import { newTaskInput, newTaskListSchema, newTasksSchema } from './task-schemas.ts'
import { settledList, writeTask, writeTaskList } from './task-writes.ts'

/** A new task whose id is settled. */
type NamedTask = NewTask & { readonly id: string }

/** Writes a list and its first tasks in one commit (TASK-1). */
export async function createTaskList(
  env: CruxEnv,
  input: NewTaskList,
): Promise<{ readonly list: TaskList; readonly tasks: readonly Task[] }> {
  const { store } = env
  const given = readInput(newTaskListSchema, input, 'Task list')
  const id = resolveKey(store.scopePrefix, given.id ?? env.newId())
  const planId = given.planId === undefined ? undefined : resolveKey(store.scopePrefix, given.planId)
  const named = nameTasks(env, id, given.tasks ?? [])
  checkEdgesAmong(id, named)
  const outside = edgesLeaving(named)

  return transact(store, id, async () => {
    if (await store.get({ entity: 'tasklist', key: id })) throw alreadyExists('tasklist', id)
    // The list is new, so nothing that is not given with it exists.
    for (const edge of outside) livingTask(undefined, id, edge)
    const now = env.creationTime()
    const empty = newTaskList(given, { id, planId, now })
    const tasks = placeTasks(named, empty, now)
    const counts = { ...empty.counts, pending: tasks.length }
    const list = { ...empty, counts, lastPosition: endOf(empty, tasks) }
    const write: Write = { entity: 'tasklist', key: id, value: list, event: 'created', ifRevision: 0 }
    return writing([write, ...tasks.map((after) => writeTask({ after }))], { list, tasks })
  })
}

/** Adds one task at the end, or where it asks to be (TASK-3). */
export async function addTask(env: CruxEnv, listId: string, input: NewTask): Promise<Task> {
  const given = readInput(newTaskInput, input, `New task of list "${listId}"`)
  const [added] = await addChecked(env, listId, [given])
  if (added === undefined) throw new TypeError('one task was given and none was added')
  return added
}

/** Adds tasks in one commit; they may refer to each other (TASK-3). */
export async function addTasks(
  env: CruxEnv,
  listId: string,
  input: readonly NewTask[],
): Promise<readonly Task[]> {
  const { tasks } = readInput(newTasksSchema, { tasks: input }, `New tasks of list "${listId}"`)
  return addChecked(env, listId, tasks)
}

async function addChecked(env: CruxEnv, listId: string, given: readonly NewTask[]): Promise<readonly Task[]> {
  const named = nameTasks(env, listId, given)
  checkEdgesAmong(listId, named)
  const ids = named.map(({ id }) => id)
  const outside = edgesLeaving(named)

  return transact(env.store, listId, async () => {
    const read = await readListAndTasks(env.store, listId, [...ids, ...outside])
    const list = openList(read.list, listId)
    const taken = read.tasks.slice(0, ids.length).find((task) => task !== undefined)
    if (taken !== undefined) throw alreadyExists('task', taken.key)
    outside.forEach((id, index) => livingTask(read.tasks[ids.length + index], listId, id))
    if (named.length === 0) return unchanged([])

    const now = timeAfter(env, list.value)
    const tasks = placeTasks(named, list.value, now)
    const steps = tasks.map((after) => ({ after }))
    const settled = await settledList(env.store, list, steps, now)
    const next = { ...settled, lastPosition: endOf(list.value, tasks) }
    return writing([...steps.map(writeTask), writeTaskList(list, next)], tasks)
  })
}

function nameTasks(env: CruxEnv, listId: string, tasks: readonly NewTask[]): readonly NamedTask[] {
  const named = tasks.map((task) => ({ ...task, id: parseId(task.id ?? env.newId()) }))
  const seen = new Set<string>()
  for (const { id } of named) {
    if (seen.has(id)) throw alreadyExists('task', taskKey(listId, id))
    seen.add(id)
  }
  return named
}

/** New tasks can only close a circle among themselves: nothing that is stored refers to them yet. */
function checkEdgesAmong(listId: string, named: readonly NamedTask[]): void {
  const byId = new Map(named.map((task) => [task.id, task]))
  const parentOf = (id: string) => [byId.get(id)?.parentId ?? []].flat()
  const dependenciesOf = (id: string) => byId.get(id)?.dependsOn ?? []
  const parents = findCycle(byId.keys(), parentOf)
  if (parents) throw taskCycle(listId, 'parentId', parents)
  const dependencies = findCycle(byId.keys(), dependenciesOf)
  if (dependencies) throw taskCycle(listId, 'dependsOn', dependencies)
}

/** Ids that new tasks refer to and that are not among them. */
function edgesLeaving(named: readonly NamedTask[]): readonly string[] {
  const inside = new Set(named.map(({ id }) => id))
  const edges = named.flatMap(({ parentId, dependsOn = [] }) => [parentId ?? [], dependsOn].flat())
  return [...new Set(edges)].filter((id) => !inside.has(parseId(id)))
}

function placeTasks(named: readonly NamedTask[], list: TaskList, now: number): readonly Task[] {
  let end = list.lastPosition
  return named.map((task) => {
    const position = task.position === undefined ? end + 1 : parsePosition(task.position)
    end = Math.max(end, position)
    return newTask(task, { id: task.id, taskListId: list.id, position, now })
  })
}

function endOf(list: TaskList, tasks: readonly Task[]): number {
  return tasks.reduce((end, { position }) => Math.max(end, position), list.lastPosition)
}
