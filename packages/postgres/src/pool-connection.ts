import { listenWithClient } from './listen-with-client.ts'
import { loadPg, type PgModule, type PgPool, type PgPoolClient } from './pg-module.ts'
import type { Row, SqlConnection } from './sql-connection.ts'
import { asStoreError, isAnswer, notExecuted } from './store-error.ts'

/** A pool of the user, or what to make one with. */
export type PoolSource =
  | { readonly pool: PgPool; readonly connectionString?: never }
  | { readonly connectionString: string; readonly pool?: never }

/** How long things may take, in milliseconds. */
export interface PoolConnectionOptions {
  /** A statement that has no answer by then is given up together with its connection. */
  readonly timeoutMs: number
  /** A call that has no connection by then is not sent. */
  readonly lendMs: number
}

const watchedPools = new WeakSet<PgPool>()

/** Statements over connections of a pool, notifications over a connection of their own (STO-32). */
export function createPoolConnection(
  source: PoolSource,
  { timeoutMs, lendMs }: PoolConnectionOptions,
): SqlConnection {
  let opened: Promise<PgPool> | undefined

  const open = async () => {
    const pool = source.pool ?? (await makePool(source.connectionString))
    // Without a listener, an idle connection that the server cuts would end the process.
    if (!watchedPools.has(pool)) pool.on('error', ignore)
    watchedPools.add(pool)
    return pool
  }

  const makePool = async (connectionString: string) => {
    const { Pool } = await loadPg()
    return new Pool({ connectionString, connectionTimeoutMillis: lendMs, keepAlive: true })
  }

  const pools = () => (opened ??= open())

  const lend = async (): Promise<PgPoolClient> => {
    const asked = (await pools()).connect()
    return await new Promise((resolve, reject) => {
      let isLate = false
      const timer = setTimeout(() => {
        isLate = true
        reject(new Error(`No connection of the pool was free within ${lendMs} ms.`))
      }, lendMs)
      asked
        .then((client) => (isLate ? client.release() : resolve(client)), reject)
        .finally(() => clearTimeout(timer))
    })
  }

  const query = async (text: string, values: readonly unknown[] = []): Promise<readonly Row[]> => {
    const client = await lend().catch((error: unknown) => {
      throw notExecuted('PostgreSQL gave no connection', error)
    })
    // Its pool does not listen to what it has lent.
    client.on('error', ignore)
    let isUsable = true
    try {
      const { rows } = await client.query({ text, values: [...values], query_timeout: timeoutMs })
      // With the default row mode, each row is an object.
      return rows as Row[]
    } catch (error) {
      isUsable = isAnswer(error)
      throw asStoreError(error)
    } finally {
      client.removeListener('error', ignore)
      client.release(!isUsable)
    }
  }

  return {
    query,
    listen: (channel, wake) =>
      listenWithClient({
        channel,
        wake,
        makeClient: async () => {
          const pool = await pools()
          const Client = await clientClass(pool)
          return new Client(listenOptions(pool.options, lendMs))
        },
      }),
    close: async () => {
      if (source.pool === undefined && opened !== undefined) await (await opened).end()
    },
  }
}

/** The class that a pool makes its clients with: a compatible pool may have one of its own. */
async function clientClass(pool: PgPool): Promise<PgModule['Client']> {
  if ('Client' in pool && typeof pool.Client === 'function') return pool.Client as PgModule['Client']
  return (await loadPg()).Client
}

/** The options of a pool for a client beside it; copied with what is not enumerable, such as the password. */
function listenOptions(options: object, connectionTimeoutMillis: number): object {
  const own = Object.getOwnPropertyDescriptors({ connectionTimeoutMillis, keepAlive: true })
  return Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(options), ...own })
}

function ignore(): void {}
