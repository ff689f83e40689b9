// A process that hears of changes, through a store and on a channel of PostgreSQL, and notes when.
import { cruxPostgresStore } from '@crux/postgres'
import { Client } from 'pg'
import { serveParent } from '../measure/process-rpc.ts'

/** The clock of `process.hrtime.bigint()`, which all processes of a machine share. */
const heard: { store: bigint[]; channel: bigint[] } = { store: [], channel: [] }

/** The newest revision that was heard of, by key. */
const revisions = new Map<string, number>()

const methods = {
  followStore: async (place: { readonly connectionString: string; readonly schema: string }) => {
    const store = cruxPostgresStore(place)
    const batches = store.changes({ signal: new AbortController().signal })[Symbol.asyncIterator]()
    for (let isReady = false; !isReady;) isReady = (await batches.next()).value?.ready === true
    const read = async () => {
      for (;;) {
        const { value, done } = await batches.next()
        if (done) return
        if (value.changes.length > 0) heard.store.push(process.hrtime.bigint())
        for (const { key, revision } of value.changes) revisions.set(key, revision)
      }
    }
    void read()
  },
  listen: async ({
    connectionString,
    channel,
  }: {
    readonly connectionString: string
    readonly channel: string
  }) => {
    const client = new Client({ connectionString })
    await client.connect()
    client.on('notification', () => heard.channel.push(process.hrtime.bigint()))
    await client.query(`listen ${channel}`)
  },
  clear: () => {
    heard.store = []
    heard.channel = []
  },
  /** How many of these revisions were not heard of; waits for them up to two poll intervals. */
  missed: async (final: readonly { readonly key: string; readonly revision: number }[]) => {
    const missing = () => final.filter(({ key, revision }) => revisions.get(key) !== revision).length
    for (let wait = 0; wait < 200 && missing() > 0; wait++)
      await new Promise((resolve) => setTimeout(resolve, 10))
    return missing()
  },
  /** When the first change since `clear` was heard. */
  arrival: async (what: 'store' | 'channel') => {
    for (;;) {
      const [first] = heard[what]
      if (first !== undefined) return first
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  },
}

/** What the parent can call. */
export type PostgresListenerMethods = typeof methods

serveParent(methods)
