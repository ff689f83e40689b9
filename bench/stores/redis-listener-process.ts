// A process that hears of changes, through a store and on a channel of Redis, and notes when.
import { cruxRedisStore } from '@crux/redis'
import { Redis } from 'ioredis'
import { serveParent } from '../measure/process-rpc.ts'

/** The clock of `process.hrtime.bigint()`, which all processes of a machine share. */
const heard: { store: bigint[]; channel: bigint[] } = { store: [], channel: [] }

const methods = {
  followStore: async ({ url, keyPrefix }: { readonly url: string; readonly keyPrefix: string }) => {
    const store = cruxRedisStore({ client: new Redis(url, { lazyConnect: true }), keyPrefix })
    const batches = store.changes({ signal: new AbortController().signal })[Symbol.asyncIterator]()
    for (let isReady = false; !isReady;) isReady = (await batches.next()).value?.ready === true
    const read = async () => {
      for (;;) {
        const { value, done } = await batches.next()
        if (done) return
        if (value.changes.length > 0) heard.store.push(process.hrtime.bigint())
      }
    }
    void read()
  },
  listen: async ({ url, channel }: { readonly url: string; readonly channel: string }) => {
    const client = new Redis(url)
    client.on('message', () => heard.channel.push(process.hrtime.bigint()))
    await client.subscribe(channel)
  },
  clear: () => {
    heard.store = []
    heard.channel = []
  },
  /** When the change of that number was heard, from 1, once it was. */
  arrival: async ({ what, number }: { readonly what: 'store' | 'channel'; readonly number: number }) => {
    for (;;) {
      const at = heard[what][number - 1]
      if (at !== undefined) return at
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  },
}

/** What the parent can call. */
export type RedisListenerMethods = typeof methods

serveParent(methods)
