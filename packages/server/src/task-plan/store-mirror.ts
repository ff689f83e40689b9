import type { CruxStore, TaskPlan } from '@crux/core'
import { CruxError } from '@crux/core/errors'
import { isTaskPlanList, taskPlanToEntities, type TaskPlanEntities } from '@crux/core/task-plan'

/** Keeps the newest plan in a store (INJ-142). */
export interface StoreMirror {
  /** To be written; a plan that still waits is replaced. Never throws and never waits. */
  readonly update: (plan: TaskPlan) => void
  /** Resolves when nothing is left to write. */
  readonly idle: () => Promise<void>
}

/** What the store holds of a plan, as far as is known. */
interface Held {
  readonly entities: TaskPlanEntities | undefined
  readonly revisions: Map<string, number>
}

const maxTries = 8

/**
 * Writes plans as the task list with their id, one after the other and each in one commit. The list belongs to the
 * plan: where somebody else has written to it, it is read and written over; but a list that no plan made is left alone.
 */
export function createStoreMirror({
  store,
  now,
  reportError,
}: {
  readonly store: CruxStore
  readonly now: () => number
  readonly reportError: (error: unknown) => void
}): StoreMirror {
  let newest: TaskPlan | undefined
  let writing: Promise<void> | undefined
  let held: Held | undefined
  let isRefused = false

  async function writeAll(): Promise<void> {
    for (let plan = newest; plan && !isRefused; plan = newest) {
      newest = undefined
      try {
        // oxlint-disable-next-line no-await-in-loop -- one after the other: the next plan replaces those that waited
        await write(plan)
      } catch (error) {
        reportError(error)
      }
    }
    writing = undefined
  }

  async function write(plan: TaskPlan): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const { entities: before, revisions } = (held ??= await read(plan.planId))
      const { entities, changes } = taskPlanToEntities(plan, before, now())
      if (changes.length === 0) return
      try {
        const writes = changes.map((change) => ({ ...change, ifRevision: revisions.get(change.key) ?? 0 }))
        const { records } = await store.commit(writes)
        for (const { key, revision } of records) revisions.set(key, revision)
        held = { entities, revisions }
        return
      } catch (error) {
        // Whatever came of it, what is known of the store may be wrong now.
        held = undefined
        if (!CruxError.is(error, 'conflict') || attempt >= maxTries) throw error
      }
    }
  }

  async function read(planId: string): Promise<Held> {
    const list = await store.get({ entity: 'tasklist', key: planId })
    const revisions = new Map<string, number>()
    if (!list) return { entities: undefined, revisions }
    if (!isTaskPlanList(list.value)) {
      isRefused = true
      throw new CruxError(
        'already-exists',
        `The task list "${planId}" was not made by a task plan and is left as it is: give the plan another id.`,
      )
    }
    revisions.set(planId, list.revision)
    const tasks = new Map<
      string,
      TaskPlanEntities['tasks'] extends ReadonlyMap<string, infer T> ? T : never
    >()
    for (let after: string | undefined, isMore = true; isMore; isMore = after !== undefined) {
      const page = await store.list({
        entity: 'task',
        prefix: `${planId}/`,
        limit: 500,
        ...(after && { after }),
      })
      for (const record of page.records) {
        if (record.entity !== 'task') continue
        revisions.set(record.key, record.revision)
        tasks.set(record.value.id, record.value)
      }
      after = page.next
    }
    return { entities: { list: list.value, tasks }, revisions }
  }

  return {
    update(plan) {
      newest = plan
      // `writeAll` reports what goes wrong and never rejects.
      writing ??= Promise.resolve().then(writeAll)
    },
    idle: async () => {
      while (writing) await writing
    },
  }
}
