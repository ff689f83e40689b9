import { Client, Pool } from 'pg'
import { describe, expect, vi } from 'vitest'
import { commitArguments } from '../src/commit-arguments.ts'
import { queriesOf } from '../src/queries.ts'
import { schemaVersion } from '../src/schema-sql.ts'
import { runSql, server } from './postgres-server.ts'
import { follow, keysOf, planWrite, test } from './postgres-test.ts'

const connectionString = server?.connectionString
const patience = { timeout: 10_000, interval: 10 }

/** The statement of a commit of one new plan, as another process sends it. */
function commitOf(schema: string, key: string): { readonly text: string; readonly values: unknown[] } {
  const { value, ...write } = planWrite(key)
  const group = { id: `held-${key}`, writes: [{ ...write, value: JSON.stringify(value) }] }
  return { text: queriesOf(schema).commit, values: [schemaVersion, ...commitArguments([group])] }
}

/** How many server processes wait for a lock with a commit. */
async function waiting(schema: string): Promise<number> {
  const asked = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%${schema}%crux_commit%'`
  return (await runSql(asked)).length
}

describe('transactions', { timeout: 30_000 }, () => {
  test.for(['commit', 'rollback'])(
    'STO-4 while a transaction is held open and then ends by %s, others wait and no reader skips a change',
    async (end, { open, schema, store }) => {
      const feed = follow(open())
      await vi.waitFor(() => expect(feed.seen.readies).toBe(1), patience)
      await store.commit([planWrite('a:before')])
      const holder = new Client({ connectionString })
      await holder.connect()
      await holder.query('begin')
      await holder.query(commitOf(schema, 'a:held'))
      const committing = [store.commit([planWrite('a:after')]), open().commit([planWrite('b:after')])]
      await vi.waitFor(async () => expect(await waiting(schema)).toBe(2), patience)
      // Readers do not wait.
      expect(await keysOf(store)).toEqual(['a:before'])
      await holder.query(end)
      await holder.end()
      await Promise.all(committing)
      const expected = ['a:after', 'a:before', ...(end === 'commit' ? ['a:held'] : []), 'b:after']
      expect(await keysOf(store)).toEqual(expected)
      await vi.waitFor(() => expect(Object.keys(feed.seen.held).toSorted()).toEqual(expected), patience)
      expect(feed.seen).toMatchObject({ readies: 1, resets: 1 })
      await feed.stop()
    },
  )

  test('STO-5 while the lock is held for long, a call ends in time, and no server process waits for ever', async ({
    open,
    schema,
    store,
  }) => {
    await store.commit([planWrite('a:p')])
    const functions = await runSql(`select oid::regprocedure as name from pg_proc
      where pronamespace = '${schema}'::regnamespace and 'lock_timeout=5s' = any (proconfig)`)
    expect(functions).toHaveLength(2)
    // The same, in less time.
    for (const { name } of functions as { name: string }[])
      await runSql(`alter function ${name} set lock_timeout = '500ms'`)
    const holder = new Client({ connectionString })
    await holder.connect()
    await holder.query('begin')
    await holder.query(commitOf(schema, 'a:held'))
    const hasty = open({ timeoutMs: 200 })
    await hasty.list()
    await expect(hasty.commit([planWrite('a:q')])).rejects.toMatchObject({ code: 'store-unavailable' })
    await expect(store.commit([planWrite('a:r')])).rejects.toMatchObject({
      code: 'store-unavailable',
      details: { outcome: 'none' },
    })
    await vi.waitFor(async () => expect(await waiting(schema)).toBe(0), patience)
    await holder.query('rollback')
    await holder.end()
    expect(await keysOf(store)).toEqual(['a:p'])
  })

  test.for(['repeatable read', 'serializable'])(
    'STO-31 where transactions are %s by default, a commit that PostgreSQL undid is sent again',
    async (level, { open, store }) => {
      const pool = new Pool({
        connectionString,
        options: `-c default_transaction_isolation=${level.replace(' ', '\\ ')}`,
      })
      const strict = [open({ pool }), open({ pool }), open({ pool })]
      await Promise.all(
        [...strict, store].flatMap((each, writer) =>
          Array.from({ length: 10 }, (_, step) => each.commit([planWrite(`a:${writer}-${step}`)])),
        ),
      )
      for (let step = 0; step < 10; step++)
        await Promise.all(strict.map((each, writer) => each.commit([planWrite(`b:${writer}-${step}`)])))
      expect(await keysOf(store)).toHaveLength(70)
      for (const each of strict) await each.close()
      await pool.end()
    },
  )

  test('STO-31 of writers in two stores at one revision exactly one succeeds, each time', async ({
    open,
    store,
  }) => {
    const stores = [store, open(), open()]
    await store.commit([planWrite('a:p')])
    for (let revision = 1; revision <= 40; revision++) {
      const results = await Promise.allSettled(
        stores.map((each) => each.commit([planWrite('a:p', revision, `at ${revision}`)])),
      )
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    }
    expect(await store.get({ entity: 'plan', key: 'a:p' })).toMatchObject({ revision: 41 })
  })

  test('STO-32 it works where each statement goes over another connection and no notification comes', async ({
    open,
    store,
  }) => {
    /** As a transaction pooler does, it takes a LISTEN and never brings a notification. */
    class DeafClient extends Client {
      override emit(event: string, ...values: unknown[]) {
        return event !== 'notification' && super.emit(event, ...values)
      }
    }
    await store.commit([planWrite('a:1')])
    const pool = new Pool({ connectionString, maxUses: 1, Client: DeafClient })
    const pooled = open({ pool, pollIntervalMs: 50 })
    const feed = follow(pooled)
    await vi.waitFor(() => expect(feed.seen.readies).toBe(1), patience)
    await store.commit([planWrite('a:2')])
    await pooled.commit([planWrite('a:3')])
    await vi.waitFor(() => expect(feed.seen.held).toEqual({ 'a:1': 1, 'a:2': 1, 'a:3': 1 }), patience)
    await feed.stop()
    await pooled.close()
    await pool.end()
  })

  test('STO-32 LISTEN takes no slot of the pool', async ({ open, store }) => {
    await store.list()
    const pool = new Pool({ connectionString, max: 1 })
    const single = open({ pool, pollIntervalMs: 1_000_000 })
    const feed = follow(single)
    await vi.waitFor(() => expect(feed.seen.readies).toBe(1), patience)
    await store.commit([planWrite('a:1')])
    await vi.waitFor(() => expect(feed.seen.held).toEqual({ 'a:1': 1 }), patience)
    await single.commit([planWrite('a:2')])
    expect(pool.totalCount).toBe(1)
    await feed.stop()
    await single.close()
    await pool.end()
  })

  test('STO-32 text that json refuses comes back as it was', async ({ store }) => {
    const title = 'NUL \0, quote ", backslash \\, {braces}, lone \ud800, NULL, ünïcode 🙂'
    await store.commit([planWrite('a:p', 0, title)])
    expect(await store.get({ entity: 'plan', key: 'a:p' })).toMatchObject({ value: { title } })
  })
})
