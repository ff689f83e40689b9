import { Pool } from 'pg'
import { describe, expect, vi } from 'vitest'
import { runSql, through } from './postgres-server.ts'
import { follow, keysOf, planWrite, test } from './postgres-test.ts'

const patience = { timeout: 10_000, interval: 10 }

describe('between the store and the server', { timeout: 30_000 }, () => {
  test('STO-5 an answer that is lost after the commit is asked for again, and the commit is written once', async ({
    proxied,
    proxy,
    store,
  }) => {
    const lost = proxy.loseAnswer('crux_commit')
    const { records } = await proxied.commit([planWrite('a:p'), planWrite('a:q')])
    await lost
    expect((await store.list()).records).toEqual(records)
    expect(records.map(({ revision }) => revision)).toEqual([1, 1])
  })

  test('STO-5 an answer that is lost, and part of the commit overwritten since, is still found', async ({
    proxied,
    proxy,
    store,
  }) => {
    const lost = proxy.loseAnswer('crux_commit', async () => {
      await store.commit([planWrite('a:p', 1, 'Another')])
    })
    const { records } = await proxied.commit([planWrite('a:p'), planWrite('a:q')])
    await lost
    expect(records.map(({ seq }) => seq)).toEqual([1, 2])
    expect(await store.get({ entity: 'plan', key: 'a:p' })).toMatchObject({ revision: 2 })
  })

  test('STO-5 an answer that is lost, and all of the commit overwritten since, is unknown and no conflict', async ({
    proxied,
    proxy,
    store,
  }) => {
    await store.commit([planWrite('a:p')])
    const lost = proxy.loseAnswer('crux_commit', async () => {
      await store.commit([planWrite('a:p', 2, 'Another')])
    })
    await expect(proxied.commit([planWrite('a:p', 1)])).rejects.toMatchObject({
      code: 'store-unavailable',
      details: { outcome: 'unknown' },
    })
    await lost
    expect(await store.get({ entity: 'plan', key: 'a:p' })).toMatchObject({ revision: 3 })
  })

  test('STO-5 in silence every call ends in time, and afterwards the store works again', async ({
    proxied,
    proxy,
  }) => {
    const resume = proxy.pause()
    const startedAt = performance.now()
    const results = await Promise.allSettled([
      proxied.commit([planWrite('a:p')]),
      proxied.list(),
      proxied.get({ entity: 'plan', key: 'a:p' }),
    ])
    expect(performance.now() - startedAt).toBeLessThan(3_500)
    for (const result of results)
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'store-unavailable' } })
    resume()
    await vi.waitFor(() => proxied.commit([planWrite('a:q')]), patience)
    expect(await keysOf(proxied)).toContain('a:q')
  })

  test('STO-5 a connection that stays silent is given up, so that the pool has room for another', async ({
    open,
    proxy,
    store,
  }) => {
    await store.list()
    const pool = new Pool({ connectionString: through(proxy), max: 2 })
    const small = open({ pool, timeoutMs: 500 })
    await Promise.all([small.list(), small.list()])
    const resume = proxy.pause()
    await Promise.allSettled([small.list(), small.list()])
    await vi.waitFor(() => expect(pool.totalCount).toBe(0), patience)
    resume()
    await vi.waitFor(() => small.list(), patience)
    await small.close()
    await pool.end()
  })

  test('STO-5 a server that refuses is store-unavailable with outcome none', async ({
    proxied,
    proxy,
    store,
  }) => {
    const accept = await proxy.refuse()
    proxy.cut()
    await vi.waitFor(async () => expect(proxy.connections()).toBe(0), patience)
    await vi.waitFor(
      () =>
        expect(proxied.commit([planWrite('a:p')])).rejects.toMatchObject({
          code: 'store-unavailable',
          details: { outcome: 'none' },
        }),
      patience,
    )
    expect(await keysOf(store)).toEqual([])
    await accept()
    await vi.waitFor(() => proxied.commit([planWrite('a:p')]), patience)
    expect(await keysOf(store)).toEqual(['a:p'])
  })

  test('STO-32 idle connections that are cut do not end the process, with a pool that nobody listens to', async ({
    open,
    proxy,
    store,
  }) => {
    await store.list()
    const pool = new Pool({ connectionString: through(proxy) })
    const given = open({ pool })
    await Promise.all([given.list(), given.list(), given.list()])
    proxy.cut()
    await vi.waitFor(() => expect(pool.totalCount).toBe(0), patience)
    await given.list()
    await given.close()
    await pool.end()
  })

  test('STO-32 a LISTEN connection that is cut is made again, and wakes the store', async ({
    open,
    proxy,
    schema,
    store,
  }) => {
    const listeners = async () => {
      const asked = `select 1 from pg_stat_activity where query = 'listen "crux:${schema}"'`
      return (await runSql(asked)).length
    }
    await store.list()
    // Only hints tell it of a change.
    const listening = open({ connectionString: through(proxy), pollIntervalMs: 1_000_000 })
    const feed = follow(listening)
    await vi.waitFor(() => expect(feed.seen.readies).toBe(1), patience)
    await vi.waitFor(async () => expect(await listeners()).toBe(1), patience)
    await store.commit([planWrite('a:1')])
    await vi.waitFor(() => expect(feed.seen.held).toHaveProperty('a:1'), patience)

    const accept = await proxy.refuse()
    proxy.cut()
    await vi.waitFor(async () => expect(await listeners()).toBe(0), patience)
    await store.commit([planWrite('a:2')])
    await accept()
    await vi.waitFor(() => expect(feed.seen.held).toHaveProperty('a:2'), patience)
    await store.commit([planWrite('a:3')])
    await vi.waitFor(() => expect(feed.seen.held).toHaveProperty('a:3'), patience)
    expect(feed.seen).toMatchObject({ readies: 1, resets: 1 })
    await feed.stop()
    await listening.close()
    await vi.waitFor(() => expect(proxy.connections()).toBe(0), patience)
  })
})
