import type {
  ChangeEvent,
  CruxRecord,
  CruxStore,
  EntityName,
  EntityValues,
  Plan,
  Task,
  TaskList,
  Write,
} from '@crux/core'
import { examplePlan, exampleTask, exampleTaskList } from '@crux/core/testing'

/** A change of one entity, without the revision it is based on. */
export type Change = Omit<Write, 'ifRevision'>

/** Commits changes to a store; it remembers the revisions, so it must be the only writer of these keys. */
export function createWriter(store: CruxStore) {
  const revisions = new Map<string, number>()

  const commit = async (...changes: readonly Change[]): Promise<readonly CruxRecord[]> => {
    const writes = changes.map((change) => ({
      ...change,
      ifRevision: revisions.get(`${change.entity} ${change.key}`) ?? 0,
    }))
    // The entity and its value go together in `Change`, and so they do here.
    const { records } = await store.commit(writes as Write[])
    for (const { entity, key, revision } of records) revisions.set(`${entity} ${key}`, revision)
    return records
  }

  return {
    commit,
    plan: (key: string, fields: Partial<Plan> = {}) => commit(planChange(key, fields)),
    list: (key: string, fields: Partial<TaskList> = {}) => commit(listChange(key, fields)),
    task: (list: string, id: string, fields: Partial<Task> = {}, event?: ChangeEvent) =>
      commit(taskChange(list, id, fields, event)),
  }
}

export function planChange(key: string, fields: Partial<Plan> = {}): Change {
  return change('plan', key, examplePlan({ id: key, ...fields }), 'updated')
}

export function listChange(key: string, fields: Partial<TaskList> = {}): Change {
  return change('tasklist', key, exampleTaskList({ id: key, ...fields }), 'updated')
}

export function taskChange(
  list: string,
  id: string,
  fields: Partial<Task> = {},
  event: ChangeEvent = 'updated',
): Change {
  return change('task', `${list}/${id}`, exampleTask({ id, taskListId: list, ...fields }), event)
}

function change<E extends EntityName>(
  entity: E,
  key: string,
  value: EntityValues[E],
  event: ChangeEvent,
): Change {
  return { entity, key, value, event }
}
