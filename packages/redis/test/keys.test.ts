import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type CruxStore, createCruxStore } from '@crux/core'
import { examplePlan, exampleTask, exampleTaskList } from '@crux/core/testing'
import { cruxRedisStore, type RedisClient } from '@crux/redis'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createRedisDriver } from '../src/redis-driver.ts'
import { clients, clusterClients } from './clients.ts'
import { hasRedisServer, host, startRedis, startRedisCluster, type PrivateRedis } from './private-redis.ts'
import { eventually } from '../../../test/eventually.ts'

const plan = (key: string, ifRevision = 0, fields = {}) =>
  ({
    entity: 'plan',
    key,
    value: examplePlan({ id: key, ...fields }),
    event: ifRevision === 0 ? 'created' : 'updated',
    ifRevision,
  }) as const
const list = (key: string, fields = {}) =>
  ({
    entity: 'tasklist',
    key,
    value: exampleTaskList({ id: key, ...fields }),
    event: 'created',
    ifRevision: 0,
  }) as const
const task = (listKey: string, id: string) =>
  ({
    entity: 'task',
    key: `${listKey}/${id}`,
    value: exampleTask({ id, taskListId: listKey }),
    event: 'added',
    ifRevision: 0,
  }) as const

describe.skipIf(!hasRedisServer)('with a server of its own', () => {
  let server: PrivateRedis
  const opened: CruxStore[] = []
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(async () => {
    for (const store of opened) await store.close()
    await server[Symbol.asyncDispose]()
  })

  const open = (options: { keyPrefix?: string; client?: RedisClient; pollIntervalMs?: number } = {}) => {
    const store = cruxRedisStore({
      client: clients['ioredis 6'](server.port),
      keyPrefix: randomUUID(),
      ...options,
    })
    opened.push(store)
    return store
  }

  test('STO-33 all keys have one hash tag, and there are no others', async () => {
    const store = open({ keyPrefix: 'app' })
    await store.commit([plan('a:p'), list('a:l'), task('a:l', 't')])
    expect((await server.admin.keys('*app*')).toSorted()).toEqual(
      ['lex', 'lex:plan', 'lex:task', 'lex:tasklist', 'meta', 'rec', 'seq'].map((name) => `{app}:${name}`),
    )
    expect(await server.admin.zrange('{app}:lex', '0', '-1')).toEqual([
      'a:l\0tasklist',
      'a:l/t\0task',
      'a:p\0plan',
    ])
    expect(await server.admin.zrange('{app}:lex:task', '0', '-1', 'WITHSCORES')).toEqual(['a:l/t\0task', '0'])
    expect(await server.admin.zrange('{app}:seq', '0', '-1', 'WITHSCORES')).toEqual([
      'a:p\0plan',
      '1',
      'a:l\0tasklist',
      '2',
      'a:l/t\0task',
      '3',
    ])
  })

  test('STO-33 a purge leaves none of what it forgot', async () => {
    const store = open({ keyPrefix: 'purged' })
    await store.commit([
      list('a:l', { completedAt: 1 }),
      task('a:l', 't'),
      plan('a:p', 0, { discardedAt: 1 }),
    ])
    expect(await store.purge({ before: 2 })).toBe(3)
    expect(await server.admin.keys('*purged*')).toEqual(['{purged}:meta'])
  })

  test('STO-33 the first call of any kind sets the epoch', async () => {
    const calls = {
      commit: (store: CruxStore) => store.commit([plan('a:p')]),
      list: (store: CruxStore) => store.list(),
      head: (store: CruxStore) => store.commit([]),
    }
    for (const [name, call] of Object.entries(calls)) {
      await call(open({ keyPrefix: name }))
      expect(await server.admin.hget(`{${name}}:meta`, 'epoch')).toMatch(/^[0-9a-f-]{36}$/)
    }
  })

  test('STO-33 a store whose keys are deleted under it takes a new epoch with its next call', async () => {
    const store = open({ keyPrefix: 'gone' })
    const { cursor } = await store.commit([plan('a:p')])
    await server.admin.del(await server.admin.keys('{gone}*'))
    const again = await store.commit([plan('a:p')])
    expect(again.records[0]).toMatchObject({ seq: 1, revision: 1 })
    expect(again.cursor).not.toBe(cursor)
  })

  test.each(['redis 6', 'redis 5', 'ioredis 6', 'ioredis 5'] as const)(
    'STO-33 NOSCRIPT falls back to EVAL through %s, and changes nothing else',
    async (name) => {
      const store = open({ client: clients[name](server.port) })
      const { records } = await store.commit([plan('a:p')])
      const [before] = (await store.commit([])).cursor.split('.')
      await server.admin.script('FLUSH')
      await store.commit([plan('a:p', records[0]?.revision)])
      await server.admin.script('FLUSH')
      expect((await store.list()).records).toHaveLength(1)
      expect((await store.commit([])).cursor).toBe(`${before}.2`)
    },
  )

  test.each(['redis 6', 'ioredis 6'] as const)(
    'STO-33 a full commit of 20,000 writes goes through %s, and is forgotten again',
    async (name) => {
      const store = open({ client: clients[name](server.port) })
      const heard: number[] = []
      store.subscribe(({ changes }) => heard.push(changes.length))
      const writes = [
        list('a:l', { completedAt: 1 }),
        ...Array.from({ length: 19_999 }, (_, n) => task('a:l', `t${n}`)),
      ]
      const { records } = await store.commit(writes)
      expect(records.at(-1)).toMatchObject({ seq: 20_000 })
      expect(heard).toEqual([20_000])
      expect(await store.purge({ before: 2 })).toBe(20_000)
    },
  )

  test('STO-5 a commit that is too large to announce is read', async () => {
    const keyPrefix = randomUUID()
    const reader = open({ keyPrefix, pollIntervalMs: 60_000 })
    const writer = open({ keyPrefix, pollIntervalMs: 60_000 })
    const heard: string[] = []
    reader.subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
    await eventually(async () => {
      await writer.commit([plan(`a:${randomUUID()}`)])
      expect(heard.length).toBeGreaterThan(0)
    })
    const writes = Array.from({ length: 500 }, (_, n) => task('a:l', `t${n}`))
    await writer.commit(writes)
    await eventually(() =>
      expect(heard.filter((key) => key.startsWith('a:l/'))).toEqual(writes.map(({ key }) => key)),
    )
  })

  test('STO-33 what others publish to the channel is only a hint', async () => {
    const keyPrefix = randomUUID()
    const store = open({ keyPrefix })
    const heard: string[] = []
    store.subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
    await store.commit([plan('a:1')])
    const channel = `{${keyPrefix}}:changes`
    await eventually(async () => expect(await server.admin.publish(channel, '')).toBe(1))
    const epoch = await server.admin.hget(`{${keyPrefix}}:meta`, 'epoch')
    for (const message of [
      'x',
      `1 ${epoch} 1 9 0 1 me\nnonsense`,
      '1 other 1 2 0 1 me\na:x\0plan 1 2 2 id created {}',
    ])
      await server.admin.publish(channel, message)
    await store.commit([plan('a:2')])
    expect(heard).toEqual(['a:1', 'a:2'])
  })

  test('STO-33 databases of one server share channels, but no data', async () => {
    const keyPrefix = randomUUID()
    const [first, second] = [0, 1].map((db) =>
      open({ keyPrefix, client: new Redis({ host, port: server.port, db, lazyConnect: true }) }),
    )
    if (first === undefined || second === undefined) throw new Error('unreachable')
    const heard: string[] = []
    second.subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
    await second.commit([plan('a:second')])
    await first.commit([plan('a:first')])
    await first.commit([plan('a:first2')])
    await second.commit([plan('a:third')])
    expect(heard).toEqual(['a:second', 'a:third'])
    expect((await second.list()).records.map(({ key }) => key)).toEqual(['a:second', 'a:third'])
  })

  test('STO-33 a key prefix of the client comes before the one of the store', async () => {
    const url = `redis://${host}:${server.port}`
    await open({ keyPrefix: 'x', client: createClient({ url, keyPrefix: 'one:' }) }).commit([plan('a:p')])
    const ioredis = new Redis({ host, port: server.port, keyPrefix: 'two:', lazyConnect: true })
    const reader = open({ keyPrefix: 'x', client: ioredis })
    const heard: string[] = []
    reader.subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
    await reader.commit([plan('a:p')])
    expect(heard).toEqual(['a:p'])
    expect((await server.admin.keys('*:x}:meta')).toSorted()).toEqual(['{one:x}:meta', '{two:x}:meta'])
  })

  test('STO-33 a commit holds although its hint is not allowed', async () => {
    await server.admin.acl('SETUSER', 'mute', 'on', '>secret', '~*', '+@all', '-publish', 'resetchannels')
    const client = new Redis({
      host,
      port: server.port,
      username: 'mute',
      password: 'secret',
      lazyConnect: true,
    })
    const store = open({ client })
    await store.commit([plan('a:p')])
    expect((await store.list()).records).toHaveLength(1)
  })

  test.each(['redis', 'ioredis'] as const)(
    'STO-33 a user with the rights that the README names is enough, through %s',
    async (library) => {
      const commands =
        'EVALSHA EVAL HMGET HGET HSET HDEL ZADD ZREM ZRANGEBYLEX ZRANGEBYSCORE INFO PUBLISH SUBSCRIBE'.split(
          ' ',
        )
      const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
      const named = /A user of the store needs[^]*?\n\n/.exec(readme)?.[0] ?? ''
      expect([...named.matchAll(/`([A-Z]+)`/g)].map(([, command]) => command)).toEqual(commands)
      const rights = ['~{least}:*', '&{least}:changes', '+@connection', ...commands.map((name) => `+${name}`)]
      await server.admin.acl('SETUSER', 'least', 'reset', 'on', '>secret', ...rights)
      const user = { username: 'least', password: 'secret' }
      const client =
        library === 'redis'
          ? createClient({ url: `redis://${host}:${server.port}`, ...user })
          : new Redis({ host, port: server.port, lazyConnect: true, ...user })
      const store = open({ client, keyPrefix: 'least', pollIntervalMs: 60_000 })
      const other = open({ client, keyPrefix: 'least' })
      const heard: string[] = []
      store.subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
      const key = `a:${library}`
      await store.commit([list(key, { completedAt: 1 }), task(key, 't')])
      await eventually(async () => {
        await other.commit([plan(`a:${randomUUID()}`)])
        expect(heard.length).toBeGreaterThan(2)
      })
      expect(await store.purge({ before: 2 })).toBe(2)
      await store.renewEpoch()
      expect((await store.list()).records.length).toBeGreaterThan(0)
    },
  )

  test('STO-33 when Redis has no memory left, a commit is refused whole and nothing of it is written', async () => {
    const small = await startRedis()
    const store = cruxRedisStore({ client: clients['ioredis 6'](small.port), keyPrefix: 'x' })
    await store.commit([plan('a:p')])
    await small.admin.config('SET', 'maxmemory', '1mb', 'maxmemory-policy', 'noeviction')
    await expect(store.commit([plan('a:q'), list('a:l')])).rejects.toMatchObject({
      code: 'store-unavailable',
      message: expect.stringContaining('maxmemory'),
      details: { outcome: 'none', reason: 'OOM' },
    })
    await small.admin.config('SET', 'maxmemory', '0')
    expect((await store.list()).records.map(({ key }) => key)).toEqual(['a:p'])
    const { records } = await store.commit([plan('a:q')])
    expect(records[0]).toMatchObject({ seq: 2 })
    await store.close()
    await small[Symbol.asyncDispose]()
  })

  test('STO-33 what another version wrote under the keys is told apart, and not shown', async () => {
    const store = open({ keyPrefix: 'broken' })
    await store.commit([plan('a:secret')])
    await server.admin.hset('{broken}:rec', 'a:secret\0plan', 'nonsense')
    const error: unknown = await store.list().catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'store-unavailable', message: expect.stringContaining('keyPrefix') })
    expect(String(error)).not.toContain('secret')
  })
})

test.skipIf(!hasRedisServer)(
  'STO-5 what another process announced is heard without asking Redis again',
  async () => {
    // Of its own: the server counts the calls of all who use it, and every store that still listens polls.
    await using server = await startRedis()
    const scriptCalls = async () => {
      const stats = await server.admin.info('commandstats')
      return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0)
    }
    const [reader, writer] = [0, 1].map(() =>
      cruxRedisStore({ client: clients['ioredis 6'](server.port), pollIntervalMs: 60_000 }),
    )
    if (reader === undefined || writer === undefined) throw new Error('unreachable')
    const heard: string[] = []
    reader.subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
    await vi.waitFor(
      async () => {
        const before = await scriptCalls()
        const key = `a:${randomUUID()}`
        await writer.commit([plan(key)])
        await vi.waitFor(() => expect(heard.at(-1)).toBe(key), { timeout: 100, interval: 1 })
        // One is the commit: the reader listens, and no read of its start is under way.
        expect((await scriptCalls()) - before).toBe(1)
      },
      { timeout: 10_000 },
    )
    const before = await scriptCalls()
    for (let n = 0; n < 20; n++) {
      await writer.commit([plan(`a:${n}`), list(`a:${n}`)])
      await eventually(() => expect(heard.slice(-2)).toEqual([`a:${n}`, `a:${n}`]))
    }
    expect((await scriptCalls()) - before).toBe(20)
    for (const store of [reader, writer]) await store.close()
  },
)

test.skipIf(!hasRedisServer).each(['redis 6', 'redis 5', 'ioredis 5'] as const)(
  'STO-33 a cluster takes all keys of a commit through %s',
  async (name) => {
    await using cluster = await startRedisCluster()
    const store = createCruxStore(
      createRedisDriver({ client: clusterClients[name](cluster.port), keyPrefix: 'crux', timeoutMs: 5_000 }),
    )
    const heard: string[] = []
    store.subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
    await store.commit([plan('a:p'), list('a:l'), task('a:l', 't')])
    expect(heard).toEqual(['a:p', 'a:l', 'a:l/t'])
    expect((await store.list()).records).toHaveLength(3)
    await store.close()
  },
)

test('STO-33 a key prefix has no braces, because the store puts it in braces itself', () => {
  for (const keyPrefix of ['', 'a{b', 'a}', 'x'.repeat(201)])
    expect(() => cruxRedisStore({ client: clients['redis 6'](1), keyPrefix })).toThrow(
      expect.objectContaining({ code: 'invalid-value' }),
    )
})

test('STO-34 a client of another kind is invalid-value, at once', () => {
  const wrong: unknown[] = [undefined, null, 'redis://', {}, { duplicate: () => {} }]
  for (const client of wrong) {
    expect(() => cruxRedisStore({ client: client as RedisClient })).toThrow(
      expect.objectContaining({ code: 'invalid-value', message: expect.stringContaining('createClient') }),
    )
  }
  // @ts-expect-error -- a URL is no client.
  expect(() => cruxRedisStore({ client: 'redis://' })).toThrow(
    expect.objectContaining({ code: 'invalid-value' }),
  )
})
