import { randomUUID } from 'node:crypto'
import { afterAll } from 'vitest'
import { describeStoreAtLength } from '../../core/test/stores/describe-store-at-length.ts'
import { describeStoreProcesses } from '../../core/test/stores/describe-store-processes.ts'
import { openStore } from './open-store.ts'
import { hasRedisServer, startRedis } from './private-redis.ts'

if (hasRedisServer) {
  const server = await startRedis()
  afterAll(() => server[Symbol.asyncDispose]())

  describeStoreProcesses('Redis', {
    module: new URL('./open-store.ts', import.meta.url),
    makePlace: async () => ({ port: server.port, keyPrefix: randomUUID(), library: 'redis 6' as const }),
    openStore,
    commits: 25,
  })

  describeStoreAtLength('Redis', async () => {
    const keyPrefix = randomUUID()
    const store = openStore({ port: server.port, keyPrefix, library: 'ioredis 6' })
    const keys = ['meta', 'rec', 'seq', 'lex', 'lex:plan', 'lex:tasklist', 'lex:task']
    return {
      store,
      bytes: async () => {
        const sizes = await Promise.all(
          keys.map((name) => server.admin.memory('USAGE', `{${keyPrefix}}:${name}`, 'SAMPLES', '0')),
        )
        return sizes.reduce<number>((sum, size) => sum + Number(size ?? 0), 0)
      },
      [Symbol.asyncDispose]: () => store.close(),
    }
  })
}
