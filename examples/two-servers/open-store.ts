import type { CruxStore } from '@crux/core'
import { cruxPostgresStore } from '@crux/postgres'
import { cruxRedisStore } from '@crux/redis'
import { Pool } from 'pg'
import { createClient } from 'redis'

/** Key prefix or schema: servers with the same one share their data. */
const name = process.env['CRUX_NAME'] ?? 'two_servers'

/** The store that both servers share: Redis, or with CRUX_STORE=postgres PostgreSQL. */
export async function openStore(): Promise<CruxStore> {
  if (process.env['CRUX_STORE'] === 'postgres') {
    const connectionString = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres'
    const store = cruxPostgresStore({ pool: new Pool({ connectionString }), schema: name })
    // Both servers may do this at once.
    await store.migrate()
    return store
  }
  const client = createClient({ url: process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379' })
  return cruxRedisStore({ client, keyPrefix: name })
}
