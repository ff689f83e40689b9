import type { ChangeEvent } from '../../entities/entity.ts'
import type { Plan } from '../../entities/plan.ts'
import type { TaskList } from '../../entities/task-list.ts'
import type { Task } from '../../entities/task.ts'
import type { CruxRecord, CruxStore, Write } from '../../store/index.ts'
import { examplePlan, exampleTask, exampleTaskList } from '../example-entities.ts'

/** A write that creates a plan, or with `ifRevision` updates it. */
export function planWrite(key: string, fields: Partial<Plan> = {}, ifRevision = 0): Write<'plan'> {
  return {
    entity: 'plan',
    key,
    value: examplePlan({ id: key, ...fields }),
    event: eventOf(ifRevision),
    ifRevision,
  }
}

/** A write that creates a task list, or with `ifRevision` updates it. */
export function listWrite(key: string, fields: Partial<TaskList> = {}, ifRevision = 0): Write<'tasklist'> {
  const value = exampleTaskList({ id: key, ...fields })
  return { entity: 'tasklist', key, value, event: eventOf(ifRevision), ifRevision }
}

/** A write that adds the task `<list>/<id>`, or with `ifRevision` updates it. */
export function taskWrite(
  list: string,
  id: string,
  fields: Partial<Task> = {},
  ifRevision = 0,
): Write<'task'> {
  const value = exampleTask({ id, taskListId: list, ...fields })
  const event = ifRevision === 0 ? 'added' : 'updated'
  return { entity: 'task', key: `${list}/${id}`, value, event, ifRevision }
}

/** That many writes that add tasks to a list. */
export function taskWrites(list: string, count: number): Write<'task'>[] {
  return Array.from({ length: count }, (_, index) => taskWrite(list, `t${index}`))
}

/** A write of the same value again, at the revision that the record has. */
export function rewrite(record: CruxRecord): Write {
  const { entity, key, value, revision } = record
  // Entity and value come from one record.
  return { entity, key, value, event: 'updated', ifRevision: revision } as Write
}

/** Commits, and gives the first record. */
export async function commitOne(store: CruxStore, write: Write): Promise<CruxRecord> {
  const [record] = (await store.commit([write])).records
  if (record === undefined) throw new Error('A commit of one write gave no record.')
  return record
}

function eventOf(ifRevision: number): ChangeEvent {
  return ifRevision === 0 ? 'created' : 'updated'
}
