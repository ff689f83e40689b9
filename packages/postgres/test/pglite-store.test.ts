import { PGlite } from '@electric-sql/pglite'
import type { CruxStore } from '@crux/core'
import { describeStoreContract } from '@crux/core/testing'
import { cruxPostgresStore } from '@crux/postgres'
import { afterAll } from 'vitest'
import { createPgliteConnection } from '../src/pglite-connection.ts'
import { createPostgresDriver } from '../src/postgres-driver.ts'
import { newSchema } from './postgres-server.ts'

// One for all tests: it takes seconds to start.
const pglite = await PGlite.create()
afterAll(() => pglite.close())
const schemas = new WeakMap<CruxStore, string>()

describeStoreContract(
  'PGlite',
  async () => {
    const schema = newSchema()
    const store = cruxPostgresStore({ pglite, schema })
    await store.migrate()
    schemas.set(store, schema)
    return store
  },
  {
    openDriver: async (store) =>
      createPostgresDriver(createPgliteConnection(pglite), schemas.get(store) ?? ''),
  },
)
