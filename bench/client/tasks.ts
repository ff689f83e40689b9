import type { Task, TaskList } from '@crux/core'
import type { CruxTransport, TransportSink } from '@crux/core/client'

const time = Date.UTC(2026, 0, 1)

/** The list that all tasks are in. */
export const listId = 'bench:work'

/** A task of about 200 bytes. */
export function aTask(index: number, percent = 0): Task {
  return {
    id: `t${index}`,
    taskListId: listId,
    label: `Build part ${index} of the site`,
    status: 'in_progress',
    position: index,
    percent,
    attempt: 1,
    createdAt: time,
    updatedAt: time,
    startedAt: time,
  }
}

/** A list of so many tasks, all of them begun but those that are completed. */
export function aList(tasks: number, completed = 0): TaskList {
  const counts = {
    pending: 0,
    in_progress: tasks - completed,
    completed,
    failed: 0,
    skipped: 0,
    cancelled: 0,
  }
  return { id: listId, status: 'in_progress', counts, lastPosition: tasks, createdAt: time, updatedAt: time }
}

let revision = 0

/** A change as it travels; newer than all before it. */
export function taskPart(task: Task) {
  const value: Record<string, unknown> = { ...task }
  return {
    entity: 'task' as const,
    key: `${listId}/${task.id}`,
    value,
    event: 'updated' as const,
    revision: ++revision,
  }
}

/** A change of the list; newer than all before it. */
export function listPart(list: TaskList) {
  const value: Record<string, unknown> = { ...list }
  return { entity: 'tasklist' as const, key: list.id, value, event: 'updated' as const, revision: ++revision }
}

/** A transport that knows so many tasks, and then brings what it is given. */
export function createBenchTransport(
  tasks: number,
): CruxTransport & { readonly apply: TransportSink['apply'] } {
  const sinks = new Set<TransportSink>()
  return {
    kind: 'bench',
    connect(sink) {
      sinks.add(sink)
      sink.reset()
      sink.apply([listPart(aList(tasks)), ...Array.from({ length: tasks }, (_, n) => taskPart(aTask(n)))])
      sink.ready()
      sink.status('live')
      return () => sinks.delete(sink)
    },
    apply(changes) {
      for (const sink of sinks) sink.apply(changes)
    },
  }
}
