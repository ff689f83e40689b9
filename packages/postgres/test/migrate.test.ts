import { cruxPostgresStore } from '@crux/postgres'
import { Pool } from 'pg'
import { expect, test } from 'vitest'
import { runSql, server } from './postgres-server.ts'
import { keysOf, planWrite, test as withServer } from './postgres-test.ts'

test('STO-30 what is wrong with the options is invalid-value, and a store is made without connecting', async () => {
  const refused = expect.objectContaining({ code: 'invalid-value' })
  const connectionString = 'postgres://nobody:secret@127.0.0.1:1/nowhere'
  for (const schema of ['', 'Crux-1', '1crux', 'a"; drop schema public; --', 'x'.repeat(49)])
    expect(() => cruxPostgresStore({ connectionString, schema })).toThrow(refused)
  // Programs without types.
  expect(() => cruxPostgresStore({} as { connectionString: string })).toThrow(refused)
  expect(() => cruxPostgresStore({ connectionString: '' })).toThrow(refused)
  const both = { connectionString, pglite: {} }
  expect(() => cruxPostgresStore(both as unknown as { connectionString: string })).toThrow(refused)
  const store = cruxPostgresStore({ connectionString })
  await store.close()
})

test('an error says nothing of the connection string', async () => {
  const store = cruxPostgresStore({ connectionString: 'postgres://nobody:secret@127.0.0.1:1/nowhere' })
  for (const failing of [store.migrate(), store.list(), store.commit([planWrite('a:p')])]) {
    const error: unknown = await failing.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'store-unavailable', details: { outcome: 'none' } })
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toMatch(/nobody|secret|127\.0\.0\.1|nowhere/)
  }
  await store.close()
})

withServer(
  'STO-30 before migrate() every call is store-unavailable and names it, and after it works',
  async ({ open }) => {
    const store = open()
    const calls = [
      () => store.commit([planWrite('a:p')]),
      () => store.get({ entity: 'plan', key: 'a:p' }),
      () => store.list(),
      () => store.purge({ before: 1 }),
      () => store.renewEpoch(),
      () => store.changes({ signal: new AbortController().signal })[Symbol.asyncIterator]().next(),
    ]
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({
        code: 'store-unavailable',
        message: expect.stringContaining('migrate()'),
      })
    }
    await store.migrate()
    await store.commit([planWrite('a:p')])
    expect(await keysOf(store)).toEqual(['a:p'])
  },
)

withServer(
  'STO-30 migrate() is harmless when it is repeated, and when several do it at once',
  async ({ open }) => {
    const stores = Array.from({ length: 6 }, () => open())
    await Promise.all(stores.map((store) => store.migrate()))
    const [first, second] = stores
    const { cursor } = (await first?.commit([planWrite('a:p')])) ?? {}
    await second?.migrate()
    expect((await second?.commit([]))?.cursor).toBe(cursor)
  },
)

withServer(
  'STO-30 migrate() needs no right to make schemas where the schema is there',
  async ({ open, schema }) => {
    await runSql(
      `create schema ${schema}; create role ${schema} login; grant all on schema ${schema} to ${schema}`,
    )
    try {
      const address = new URL(server?.connectionString ?? '')
      address.username = schema
      const store = open({ connectionString: address.href })
      await store.migrate()
      await store.commit([planWrite('a:p')])
      expect(await keysOf(store)).toEqual(['a:p'])
      await store.close()
    } finally {
      await runSql(`drop schema ${schema} cascade; drop role ${schema}`)
    }
  },
)

withServer('the rights that the README names are enough', async ({ open, schema, store }) => {
  await store.list()
  await runSql(`create role ${schema} login;
    grant usage on schema ${schema} to ${schema};
    grant select, update on ${schema}.crux_meta to ${schema};
    grant select, insert, update, delete on ${schema}.crux_records to ${schema}`)
  try {
    const address = new URL(server?.connectionString ?? '')
    address.username = schema
    const limited = open({ connectionString: address.href })
    await limited.migrate()
    await limited.commit([planWrite('a:p')])
    await limited.commit([planWrite('a:p', 1)])
    await limited.purge({ before: 1 })
    await limited.renewEpoch()
    expect(await keysOf(limited)).toEqual(['a:p'])
    await limited.close()
  } finally {
    await runSql(`drop owned by ${schema}; drop role ${schema}`)
  }
})

withServer(
  'STO-30 a schema of a newer version is store-unavailable, and the error names both versions',
  async ({ open, schema, store }) => {
    await store.commit([planWrite('a:p')])
    await runSql(`update ${schema}.crux_meta set version = 2`)
    const refused = { code: 'store-unavailable', message: expect.stringMatching(/version 2\b.*version 1\b/) }
    const started = open()
    await expect(started.list()).rejects.toMatchObject(refused)
    await expect(started.migrate()).rejects.toMatchObject(refused)
    // A process that was running before the change must not write either.
    await expect(store.commit([planWrite('a:q')])).rejects.toMatchObject(refused)
    await runSql(`update ${schema}.crux_meta set version = 1`)
    expect(await keysOf(started)).toEqual(['a:p'])
  },
)

withServer(
  'STO-30 close() ends the pool that the store made, and leaves one that it was given',
  async ({ open, store }) => {
    await store.list()
    const pool = new Pool({ connectionString: server?.connectionString })
    const given = open({ pool })
    await given.list()
    await given.close()
    expect(pool.ended).toBe(false)
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await pool.end()
    await store.close()
    await expect(store.list()).rejects.toMatchObject({ code: 'closed' })
  },
)

withServer(
  'STO-32 two stores in schemas of one database do not see each other',
  async ({ open, schema, store }) => {
    const other = open({ schema: `${schema}_b` })
    await other.migrate()
    await store.commit([planWrite('a:p')])
    expect(await keysOf(other)).toEqual([])
    await runSql(`drop schema ${schema}_b cascade`)
  },
)
