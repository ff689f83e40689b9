import { CruxError, type CruxRecord, type CruxStore } from '@crux/core'
import { examplePlan, exampleTask } from '@crux/core/testing'

/** A record as one process shows it to another. */
export interface SeenRecord {
  /** Entity and key. */
  readonly name: string
  readonly revision: number
  readonly value: unknown
}

/** What the parent of a process can call. */
export type StoreProcessMethods = ReturnType<typeof storeProcessMethods>

/** Leaves out the position, which repeats nothing that a client sees. */
export function seen({ entity, key, revision, value }: CruxRecord): SeenRecord {
  return { name: `${entity} ${key}`, revision, value }
}

/** All that a store holds, by name. */
export async function stateOf(store: CruxStore): Promise<ReadonlyMap<string, SeenRecord>> {
  const state = new Map<string, SeenRecord>()
  let after: string | undefined
  do {
    const page = await store.list(after === undefined ? { limit: 500 } : { limit: 500, after })
    for (const record of page.records.map(seen)) state.set(record.name, record)
    after = page.next
  } while (after !== undefined)
  return state
}

/** Work with a store in a process of its own. */
export function storeProcessMethods(store: CruxStore) {
  const held = new Map<string, SeenRecord>()
  return {
    /** Adds 1 to the counter that all processes share and writes a task of the writer, in one commit. */
    commit: async ({ writer, step }: { readonly writer: string; readonly step: number }) => {
      const list = `${writer}:list`
      const id = `t${step % 25}`
      for (;;) {
        const counter = await store.get({ entity: 'plan', key: 'shared:counter' })
        const task = await store.get({ entity: 'task', key: `${list}/${id}` })
        try {
          const { records } = await store.commit([
            {
              entity: 'plan',
              key: 'shared:counter',
              value: examplePlan({ id: 'shared:counter', version: (counter?.value.version ?? 0) + 1 }),
              event: counter === undefined ? 'created' : 'updated',
              ifRevision: counter?.revision ?? 0,
            },
            {
              entity: 'task',
              key: `${list}/${id}`,
              value: exampleTask({ id, taskListId: list, label: `step ${step}` }),
              event: task === undefined ? 'added' : 'updated',
              ifRevision: task?.revision ?? 0,
            },
          ])
          return records.map(seen)
        } catch (error) {
          if (!CruxError.is(error, 'conflict')) throw error
        }
        await new Promise((resolve) => setTimeout(resolve, 20 * Math.random()))
      }
    },
    /** Follows the whole store from now on; answers when the feed is ready. */
    follow: () =>
      new Promise<void>((resolve, reject) => {
        const read = async () => {
          for await (const batch of store.changes({ signal: new AbortController().signal })) {
            if (batch.reset) held.clear()
            for (const record of batch.changes.map(seen)) {
              if (record.revision > (held.get(record.name)?.revision ?? 0)) held.set(record.name, record)
            }
            if (batch.ready) resolve()
          }
        }
        read().catch(reject)
      }),
    /** What a client that follows holds now. */
    held: () => held,
  }
}
