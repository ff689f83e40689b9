import { CruxError, type CruxStore } from '@crux/core'
import { examplePlan } from '@crux/core/testing'
import { cruxRedisStore } from '@crux/redis'
import { afterAll, beforeAll, describe, expect, test as base, vi } from 'vitest'
import { createTcpProxy, type TcpProxy } from '../../../test/store-faults/tcp-proxy.ts'
import { createRedisDriver } from '../src/redis-driver.ts'
import { clients } from './clients.ts'
import { hasRedisServer, host, startRedis, type PrivateRedis } from './private-redis.ts'
import { eventually } from '../../../test/eventually.ts'

const plan = (key: string, ifRevision = 0, title = key) =>
  ({
    entity: 'plan',
    key,
    value: examplePlan({ id: key, title }),
    event: ifRevision === 0 ? 'created' : 'updated',
    ifRevision,
  }) as const

/** For calls that are to run out of time. */
const shortMs = 1_200
let server: PrivateRedis
let stores = 0

interface Fixtures {
  readonly proxy: TcpProxy
}

const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from the pattern what a fixture needs.
  proxy: async ({}, provide) => {
    await using proxy = await createTcpProxy({ target: { host, port: server.port } })
    await provide(proxy)
  },
})

describe.skipIf(!hasRedisServer)('STO-34 with a network that fails', () => {
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  // They wait more than they work.
  describe.concurrent.each(['redis 6', 'ioredis 6', 'redis 5', 'ioredis 5'] as const)(
    'through %s',
    (name) => {
      const makeClient = clients[name]

      const open = (port: number, options: { keyPrefix?: string; timeoutMs?: number } = {}) =>
        cruxRedisStore({
          client: makeClient(port),
          keyPrefix: `connection-${++stores}`,
          pollIntervalMs: 60_000,
          ...options,
        })
      /** Connected, however long a busy machine takes for it. */
      const connected = async (store: CruxStore) => {
        await vi.waitFor(() => store.list(), 10_000)
        return store
      }
      /** A store through the proxy and one beside it, on the same data. */
      const openBoth = async (proxy: TcpProxy, timeoutMs = 5_000) => {
        const keyPrefix = `connection-${++stores}`
        return {
          store: await connected(open(proxy.port, { keyPrefix, timeoutMs })),
          direct: await connected(open(server.port, { keyPrefix })),
        }
      }

      test('STO-34 while there is no connection nothing is sent, then or later', async ({ proxy }) => {
        const { store, direct } = await openBoth(proxy, shortMs)
        await store.commit([plan('a:before')])
        const accept = await proxy.refuse()
        proxy.cut()
        // Until it has noticed, it sends.
        await eventually(() =>
          expect(store.get(plan('a:p'))).rejects.toMatchObject({ details: { outcome: 'none' } }),
        )
        const startedAt = performance.now()
        const refused = await Promise.allSettled([store.commit([plan('a:1')]), store.commit([plan('a:2')])])
        expect(performance.now() - startedAt).toBeLessThan(shortMs)
        for (const result of refused)
          expect(result).toMatchObject({
            reason: { code: 'store-unavailable', details: { outcome: 'none' } },
          })
        await accept()
        await vi.waitFor(() => store.commit([plan('a:after')]), 5_000)
        expect(keysOf(await direct.list())).toEqual(['a:after', 'a:before'])
        await store.close()
        await direct.close()
      })

      test('STO-34 a server that was never there is outcome none, and found when it comes', async ({
        proxy,
      }) => {
        const accept = await proxy.refuse()
        const store = open(proxy.port, { timeoutMs: shortMs })
        await expect(store.commit([plan('a:1')])).rejects.toMatchObject({ details: { outcome: 'none' } })
        await accept()
        await vi.waitFor(() => store.commit([plan('a:2')]), 5_000)
        expect(keysOf(await store.list())).toEqual(['a:2'])
        await store.close()
      })

      test('STO-5 an answer lost after the commit happened is found by sending it again', async ({
        proxy,
      }) => {
        const { store, direct } = await openBoth(proxy)
        const { records } = await store.commit([plan('a:p')])
        const lost = proxy.loseAnswer('the lost one')
        const again = await store.commit([plan('a:p', records[0]?.revision, 'the lost one')])
        await lost
        expect(again.records[0]).toMatchObject({ revision: 2, seq: 2 })
        expect((await direct.list()).records).toEqual(again.records)
        await store.close()
        await direct.close()
      })

      test('STO-5 an answer lost and the key then overwritten by another is unknown, never a conflict', async ({
        proxy,
      }) => {
        const { store, direct } = await openBoth(proxy, shortMs)
        const { records } = await store.commit([plan('a:p')])
        const lost = proxy.loseAnswer('the lost one', async () => {
          await direct.commit([plan('a:p', 2, 'the other one')])
        })
        await expect(store.commit([plan('a:p', records[0]?.revision, 'the lost one')])).rejects.toMatchObject(
          {
            code: 'store-unavailable',
            details: { outcome: 'unknown' },
          },
        )
        await lost
        expect((await direct.list()).records).toMatchObject([
          { revision: 3, value: { title: 'the other one' } },
        ])
        await store.close()
        await direct.close()
      })

      test('STO-34 the client sends nothing again by itself', async () => {
        // Its own, because it counts all calls of a server.
        await using counted = await startRedis()
        await using proxy = await createTcpProxy({ target: { host, port: counted.port } })
        const keyPrefix = `connection-${++stores}`
        const driver = createRedisDriver({ client: makeClient(proxy.port), keyPrefix, timeoutMs: 10_000 })
        await driver.head()
        const calls = async () => {
          const stats = await counted.admin.info('commandstats')
          return [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce(
            (sum, [, n]) => sum + Number(n),
            0,
          )
        }
        const write = { entity: 'plan', key: 'a:p', value: '{"x":"the lost one"}', event: 'created' } as const
        await driver.commit([{ id: 'first', writes: [{ ...write, key: 'a:q', ifRevision: 0 }] }])
        const before = await calls()
        const lost = proxy.loseAnswer('the lost one')
        const error = await driver
          .commit([{ id: 'second', writes: [{ ...write, ifRevision: 0 }] }])
          .catch((caught: unknown) => caught)
        expect(error).toMatchObject({ details: { outcome: 'unknown' } })
        await lost
        // It is back, and has had the chance.
        await vi.waitFor(() => driver.read([write]), 5_000)
        expect((await calls()) - before).toBe(1)
        await driver.close()
      })

      test('STO-5 silence ends in time, and is over as soon as another connection gets through', async ({
        proxy,
      }) => {
        const { store, direct } = await openBoth(proxy, shortMs)
        await store.commit([plan('a:p')])
        const opened = proxy.opened()
        const resume = proxy.pause()
        const startedAt = performance.now()
        const results = await Promise.allSettled([store.commit([plan('a:q')]), store.get(plan('a:p'))])
        expect(performance.now() - startedAt).toBeLessThan(shortMs + 500)
        for (const { status } of results) expect(status).toBe('rejected')
        // Long before TCP would notice.
        await vi.waitFor(async () => {
          await store.get(plan('a:p')).catch(() => {})
          expect(proxy.opened()).toBeGreaterThan(opened)
        }, 5_000)
        resume()
        await vi.waitFor(() => store.commit([plan('a:r')]), 5_000)
        expect(keysOf(await direct.list())).toContain('a:r')
        await store.close()
        await direct.close()
      })

      test('STO-33 the connection that listens comes back, and nothing published meanwhile is missed', async ({
        proxy,
      }) => {
        const { store, direct } = await openBoth(proxy)
        const heard: string[] = []
        store.subscribe(({ changes }) => heard.push(...changes.map(({ key }) => key)))
        await store.commit([plan('a:own')])
        let count = 0
        await eventually(async () => {
          await direct.commit([plan(`a:${count++}`)])
          expect(heard.length).toBeGreaterThan(1)
        })
        const accept = await proxy.refuse()
        proxy.cut()
        await direct.commit([plan('a:meanwhile')])
        await accept()
        await vi.waitFor(() => expect(heard).toContain('a:meanwhile'), 8_000)
        await direct.commit([plan('a:live')])
        await vi.waitFor(() => expect(heard).toContain('a:live'), 5_000)
        expect(new Set(heard).size).toBe(heard.length)
        await store.close()
        await direct.close()
      })

      test('STO-34 errors hold no address, key or value', async ({ proxy }) => {
        const store = await connected(open(proxy.port, { timeoutMs: shortMs }))
        await store.commit([plan('a:secretkey', 0, 'secretvalue')])
        const lost = proxy.loseAnswer('another secretvalue')
        const accept = await proxy.refuse()
        const failures = [await failure(store.commit([plan('a:secretkey', 1, 'another secretvalue')]))]
        await lost
        failures.push(await failure(store.commit([plan('a:other-secretkey', 0, 'secretvalue')])))
        failures.push(await failure(store.get(plan('a:secretkey'))))
        await accept()
        for (const error of failures) {
          expect(CruxError.is(error, 'store-unavailable')).toBe(true)
          expect(everythingIn(error)).not.toMatch(/secret|127\.0\.0\.1|redis:\/\//)
          expect(everythingIn(error)).not.toContain(String(proxy.port))
        }
        await store.close()
      })

      test('STO-30 close ends both connections and leaves the client as it was', async ({ proxy }) => {
        const client = makeClient(proxy.port)
        const store = cruxRedisStore({ client, keyPrefix: `connection-${++stores}` })
        const undo = store.subscribe(() => {})
        await store.commit([plan('a:p')])
        await eventually(() => expect(proxy.connections()).toBe(2))
        await store.close()
        undo()
        await eventually(() => expect(proxy.connections()).toBe(0))
        await expect(store.get(plan('a:p'))).rejects.toMatchObject({ code: 'closed' })
        expect(proxy.opened()).toBe(2)
      })
    },
  )
})

function keysOf({ records }: Awaited<ReturnType<CruxStore['list']>>): readonly string[] {
  return records.map(({ key }) => key)
}

function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  )
}

/** What a log would show of an error, its causes and details. */
function everythingIn(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error)
  const { message, cause } = error
  return `${message} ${JSON.stringify(error)} ${cause === undefined ? '' : everythingIn(cause)}`
}
