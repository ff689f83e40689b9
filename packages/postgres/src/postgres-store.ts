import { createCruxStore, CruxError, type DurableCruxStore, type StoreOptions } from '@crux/core'
import type { PgPool } from './pg-module.ts'
import { createPgliteConnection, type PgliteDatabase } from './pglite-connection.ts'
import { createPoolConnection } from './pool-connection.ts'
import { createPostgresDriver } from './postgres-driver.ts'

/** Which database: exactly one of the three. What is given open is not closed with the store. */
export type PostgresSource =
  | { readonly pool: PgPool; readonly connectionString?: never; readonly pglite?: never }
  | { readonly connectionString: string; readonly pool?: never; readonly pglite?: never }
  | { readonly pglite: PgliteDatabase; readonly pool?: never; readonly connectionString?: never }

/** Where the data lies. */
export type PostgresStoreOptions = StoreOptions &
  PostgresSource & {
    /** The schema of its tables: letters, digits and `_`, at most 48. Default `crux`. */
    readonly schema?: string
  }

/** A store in PostgreSQL. */
export interface PostgresCruxStore extends DurableCruxStore {
  /**
   * Makes schema, tables and functions, in one transaction. Repeating it does nothing, and several processes may call
   * it at once. Before it was called once, every other method is `store-unavailable`. Rejects with `store-unavailable`
   * for a schema that a newer version of this package made.
   */
  readonly migrate: () => Promise<void>
}

/**
 * A store in PostgreSQL 13 or newer, for several processes, through a `Pool` of `pg`, or in PGlite. It makes no
 * connection before its first call. With a `connectionString` it makes a pool of its own, and closes it.
 *
 * Throws `invalid-value` for an option out of range.
 *
 * @example
 * const store = cruxPostgresStore({ connectionString: process.env.DATABASE_URL })
 * await store.migrate()
 * configureCrux({ store })
 */
export function cruxPostgresStore(options: PostgresStoreOptions): PostgresCruxStore {
  const { pool, connectionString, pglite, schema = 'crux', ...limits } = options
  const given = [pool, connectionString, pglite].filter((source) => source !== undefined)
  if (given.length !== 1 || given[0] === '')
    throw new CruxError('invalid-value', 'Give exactly one of pool, connectionString and pglite.')
  // It becomes part of statements, and of a channel name, which has at most 63 bytes.
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,47}$/.test(schema)) {
    throw new CruxError(
      'invalid-value',
      `schema is ${JSON.stringify(schema)}: expected up to 48 letters, digits and _, no digit first.`,
    )
  }
  const { timeoutMs = 5_000 } = limits
  const connection =
    options.pglite === undefined
      ? createPoolConnection(options, { timeoutMs, lendMs: 0.4 * timeoutMs })
      : createPgliteConnection(options.pglite)
  const driver = createPostgresDriver(connection, schema)
  // The same object, because core knows the store by it.
  return Object.assign(createCruxStore(driver, limits), { migrate: driver.migrate })
}
