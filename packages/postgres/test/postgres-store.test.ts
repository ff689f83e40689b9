import type { CruxStore } from '@crux/core'
import { describeStoreContract } from '@crux/core/testing'
import { cruxPostgresStore } from '@crux/postgres'
import { Pool } from 'pg'
import { afterAll, describe } from 'vitest'
import { createPoolConnection } from '../src/pool-connection.ts'
import { createPostgresDriver } from '../src/postgres-driver.ts'
import { newSchema, server } from './postgres-server.ts'

const schemas = new Map<CruxStore, string>()

describe.skipIf(server === undefined)('with a server', () => {
  const pool = new Pool({ connectionString: server?.connectionString })
  afterAll(async () => {
    for (const schema of schemas.values()) await pool.query(`drop schema if exists ${schema} cascade`)
    await pool.end()
  })

  describeStoreContract(
    'PostgreSQL',
    async () => {
      const schema = newSchema()
      const store = cruxPostgresStore({ pool, schema })
      await store.migrate()
      schemas.set(store, schema)
      return store
    },
    {
      openDriver: async (store) =>
        createPostgresDriver(
          createPoolConnection({ pool }, { timeoutMs: 5_000, lendMs: 2_000 }),
          schemas.get(store) ?? '',
        ),
    },
  )
})
