import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { type CruxStore, inMemoryCruxStore } from '@crux/core'
import { cruxPostgresStore } from '@crux/postgres'
import { cruxRedisStore } from '@crux/redis'
import { cruxSqliteStore } from '@crux/sqlite'
import { Pool } from 'pg'
import { createClient } from 'redis'

/** A store, and what has to be done once before it is used. */
export interface OpenedStore {
  readonly store: CruxStore
  readonly prepare: () => Promise<void>
}

/** The store that `CRUX_STORE` names. None of them connects to anything before its first call. */
export function openStore(): OpenedStore {
  const { CRUX_STORE = 'sqlite', NEXT_PHASE } = process.env
  // `next build` loads each route to look at it, and must leave no file behind.
  if (NEXT_PHASE === 'phase-production-build') return ready(inMemoryCruxStore())
  switch (CRUX_STORE) {
    case 'sqlite':
      return ready(openSqlite())
    case 'postgres': {
      // Without DATABASE_URL, pg reads PGHOST, PGUSER and the others.
      const store = cruxPostgresStore({ pool: new Pool({ connectionString: process.env.DATABASE_URL }) })
      return { store, prepare: store.migrate }
    }
    case 'redis':
      return ready(cruxRedisStore({ client: createClient({ url: process.env.REDIS_URL }) }))
    case 'memory':
      return ready(inMemoryCruxStore())
    default:
      throw new Error(`CRUX_STORE is "${CRUX_STORE}": expected sqlite, postgres, redis or memory.`)
  }
}

function ready(store: CruxStore): OpenedStore {
  return { store, prepare: () => Promise.resolve() }
}

function openSqlite(): CruxStore {
  const path = process.env.SQLITE_PATH ?? '.data/crux.sqlite'
  mkdirSync(dirname(path), { recursive: true })
  return cruxSqliteStore({ path })
}
