import type { CruxStore, Write } from '@crux/core'
import { examplePlan } from '@crux/core/testing'
import { cruxPostgresStore, type PostgresCruxStore, type PostgresStoreOptions } from '@crux/postgres'
import { test as base } from 'vitest'
import { createTcpProxy, type TcpProxy } from '../../../test/store-faults/tcp-proxy.ts'
import { newSchema, runSql, server, through } from './postgres-server.ts'

/** What a test with a server works with; all of it is closed and dropped after the test. */
export interface PostgresFixtures {
  /** This test's own schema, not made yet. */
  readonly schema: string
  /** Opens a store on the schema. */
  readonly open: (options?: Partial<PostgresStoreOptions>) => PostgresCruxStore
  /** A store on the schema that was migrated, straight to the server. */
  readonly store: PostgresCruxStore
  /** Stands before the server. */
  readonly proxy: TcpProxy
  /** A store on the schema that was migrated, through the proxy; it has answered once. */
  readonly proxied: PostgresCruxStore
}

/** A test with a server; left out where there is none. */
export const test = base
  .extend<PostgresFixtures>({
    // oxlint-disable-next-line no-empty-pattern -- vitest reads the dependencies of a fixture from the pattern.
    schema: async ({}, provide) => {
      const schema = newSchema()
      await provide(schema)
      await runSql(`drop schema if exists ${schema} cascade`)
    },
    open: async ({ schema }, provide) => {
      const stores: CruxStore[] = []
      await provide((options = {}) => {
        const source = (options.pool ?? options.pglite) ? {} : { connectionString: server?.connectionString }
        // One of the three is given.
        const store = cruxPostgresStore({ ...source, schema, ...options } as PostgresStoreOptions)
        stores.push(store)
        return store
      })
      for (const store of stores) await store.close()
    },
    store: async ({ open }, provide) => {
      const store = open()
      await store.migrate()
      await provide(store)
    },
    // oxlint-disable-next-line no-empty-pattern -- as above.
    proxy: async ({}, provide) => {
      if (server === undefined) throw new Error('There is no server to stand before.')
      await using proxy = await createTcpProxy({ target: server })
      await provide(proxy)
    },
    proxied: async ({ open, store, proxy }, provide) => {
      await store.list()
      const proxied = open({ connectionString: through(proxy), timeoutMs: 2_000 })
      await proxied.list()
      await provide(proxied)
    },
  })
  .skipIf(server === undefined)

/** A write that creates a plan, or with `ifRevision` updates it. */
export function planWrite(key: string, ifRevision = 0, title = 'A plan'): Write<'plan'> {
  const event = ifRevision === 0 ? 'created' : 'updated'
  return { entity: 'plan', key, value: examplePlan({ id: key, title }), event, ifRevision }
}

/** The keys of all records. */
export async function keysOf(store: CruxStore): Promise<string[]> {
  return (await store.list({ limit: 500 })).records.map(({ key }) => key)
}

/** A feed that runs until the test stops it: the revision of each key that it holds, and what it was told. */
export function follow(store: CruxStore) {
  const abort = new AbortController()
  const seen = { held: {} as Record<string, number>, readies: 0, resets: 0 }
  const read = async () => {
    for await (const batch of store.changes({ signal: abort.signal })) {
      if (batch.reset) {
        seen.held = {}
        seen.resets++
      }
      for (const { key, revision } of batch.changes) seen.held[key] = Math.max(revision, seen.held[key] ?? 0)
      if (batch.ready) seen.readies++
    }
  }
  const ended = read()
  return { seen, stop: () => (abort.abort(), ended) }
}
