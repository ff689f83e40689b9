import { randomUUID } from 'node:crypto'
import type { CruxStore } from '@crux/core'
import { describeStoreContract } from '@crux/core/testing'
import { cruxRedisStore } from '@crux/redis'
import { Redis } from 'ioredis'
import { afterAll } from 'vitest'
import { createRedisDriver } from '../src/redis-driver.ts'
import { clients, clusterClients, type MakeClient } from './clients.ts'
import { hasRedisServer, host, startRedis, startRedisCluster } from './private-redis.ts'

const shared = await sharedRedis()
if (shared !== undefined) {
  describeContract('Redis through redis', clients['redis 6'], shared)
  describeContract('Redis through ioredis', clients['ioredis 6'], shared)
}
if (hasRedisServer) {
  const cluster = await startRedisCluster()
  afterAll(() => cluster[Symbol.asyncDispose]())
  describeContract('a Redis cluster through ioredis', clusterClients['ioredis 6'], cluster.port)
}

/** The server of this machine, if there is one, else one of our own; `undefined` without both. */
async function sharedRedis(): Promise<number | undefined> {
  const probe = new Redis({ host, port: 6379, lazyConnect: true, retryStrategy: null })
  try {
    await probe.connect()
    return 6379
  } catch {
    if (!hasRedisServer) {
      console.warn(`No Redis on ${host}:6379: leaving out the contract.`)
      return undefined
    }
    const server = await startRedis()
    afterAll(() => server[Symbol.asyncDispose]())
    return server.port
  } finally {
    probe.disconnect()
  }
}

function describeContract(name: string, makeClient: MakeClient, port: number): void {
  const run = `crux-test-${randomUUID()}`
  const prefixes = new WeakMap<CruxStore, string>()
  let stores = 0

  describeStoreContract(
    name,
    async () => {
      const keyPrefix = `${run}-${++stores}`
      const store = cruxRedisStore({ client: makeClient(port), keyPrefix, pollIntervalMs: 50 })
      prefixes.set(store, keyPrefix)
      return store
    },
    {
      openDriver: async (store) =>
        createRedisDriver({
          client: makeClient(port),
          keyPrefix: prefixes.get(store) ?? '',
          timeoutMs: 5_000,
        }),
    },
  )

  afterAll(async () => {
    const admin = new Redis({ host, port })
    for await (const keys of admin.scanStream({ match: `{${run}*`, count: 1_000 })) {
      // One by one, because a cluster deletes no keys of several slots at once.
      for (const key of keys) await admin.unlink(key)
    }
    admin.disconnect()
  })
}
