import type { CruxRecord, CruxStore, Task, TaskList, Write } from '@crux/core'

/** The task and the list of one status change, as they are now. */
export interface Pair {
  readonly task: CruxRecord<'task'>
  readonly list: CruxRecord<'tasklist'>
}

const time = Date.UTC(2026, 0, 1)

/** Makes a list with that many tasks; gives it with its first task. */
export async function createList(store: CruxStore, key: string, tasks = 1): Promise<Pair> {
  const counts = { pending: tasks, in_progress: 0, completed: 0, failed: 0, skipped: 0, cancelled: 0 }
  const times = { createdAt: time, updatedAt: time }
  const list: TaskList = {
    id: key,
    title: 'Launch',
    status: 'pending',
    counts,
    lastPosition: tasks,
    ...times,
  }
  const { records } = await store.commit([
    { entity: 'tasklist', key, value: list, event: 'created', ifRevision: 0 },
    ...Array.from({ length: tasks }, (_, index): Write => {
      const id = `t${index}`
      const value: Task = {
        id,
        taskListId: key,
        label: `Build part ${index} of the site and look at it`,
        status: 'pending',
        position: index + 1,
        attempt: 1,
        ...times,
      }
      return { entity: 'task', key: `${key}/${id}`, value, event: 'added', ifRevision: 0 }
    }),
  ])
  return pairOf(records[1], records[0])
}

/** The values of one status change: the task's status, and the list's counts. */
export function changed({ task, list }: Pair): { readonly task: Task; readonly list: TaskList } {
  const status = task.value.status === 'pending' ? 'in_progress' : 'pending'
  const from = list.value.counts[task.value.status]
  const counts = {
    ...list.value.counts,
    [task.value.status]: from - 1,
    [status]: list.value.counts[status] + 1,
  }
  const updatedAt = task.value.updatedAt + 1
  return { task: { ...task.value, status, updatedAt }, list: { ...list.value, counts, updatedAt } }
}

/** One status change of a task with its list, with the revisions known. */
export async function change(store: CruxStore, pair: Pair): Promise<Pair> {
  const values = changed(pair)
  const { task, list } = pair
  const { records } = await store.commit([
    { entity: 'task', key: task.key, value: values.task, event: 'updated', ifRevision: task.revision },
    { entity: 'tasklist', key: list.key, value: values.list, event: 'updated', ifRevision: list.revision },
  ])
  return pairOf(records[0], records[1])
}

/** So many changes, one after another, over all pairs in turn. */
export async function changeOneByOne(store: CruxStore, pairs: Pair[], count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const at = index % pairs.length
    const pair = pairs[at]
    if (pair !== undefined) pairs[at] = await change(store, pair)
  }
}

/** So many changes of each pair, those of all pairs at once. */
export async function changeAtOnce(store: CruxStore, pairs: Pair[], rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++)
    pairs.splice(0, pairs.length, ...(await Promise.all(pairs.map((pair) => change(store, pair)))))
}

function pairOf(task: CruxRecord | undefined, list: CruxRecord | undefined): Pair {
  if (task?.entity !== 'task' || list?.entity !== 'tasklist')
    throw new Error('The store answered something else.')
  return { task, list }
}
