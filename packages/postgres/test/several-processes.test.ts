import { cruxPostgresStore } from '@crux/postgres'
import { afterAll, describe } from 'vitest'
import { describeStoreAtLength } from '../../core/test/stores/describe-store-at-length.ts'
import { describeStoreProcesses } from '../../core/test/stores/describe-store-processes.ts'
import { openStore } from './open-store.ts'
import { newSchema, runSql, server } from './postgres-server.ts'

const connectionString = server?.connectionString ?? ''

async function makePlace() {
  const schema = newSchema()
  const store = cruxPostgresStore({ connectionString, schema })
  await store.migrate()
  await store.close()
  return { connectionString, schema }
}

describe.skipIf(server === undefined)('with a server', () => {
  const schemas: string[] = []
  afterAll(async () => {
    for (const schema of schemas) await runSql(`drop schema ${schema} cascade`)
  })

  describeStoreProcesses('PostgreSQL', {
    module: new URL('./open-store.ts', import.meta.url),
    makePlace: async () => {
      const place = await makePlace()
      schemas.push(place.schema)
      return place
    },
    openStore,
    commits: 25,
  })

  describeStoreAtLength('PostgreSQL', async () => {
    const place = await makePlace()
    const store = openStore(place)
    const { schema } = place
    return {
      store,
      bytes: async () => {
        // What autovacuum does each minute where there is something to do.
        await runSql(`vacuum ${schema}.crux_records`)
        const rows = await runSql(`select sum(pg_total_relation_size(c.oid)) as bytes
          from pg_class c where c.relnamespace = '${schema}'::regnamespace and c.relkind = 'r'`)
        return Number((rows as { bytes: string }[])[0]?.bytes)
      },
      [Symbol.asyncDispose]: async () => {
        await store.close()
        await runSql(`drop schema ${schema} cascade`)
      },
    }
  })
})
