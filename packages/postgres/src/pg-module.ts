import { CruxError } from '@crux/core'

// The types of `pg` come in a package of their own, which a user need not have: these name what is used.

/** A statement as `pg` takes it. Without a name, because a transaction pooler knows no named ones (STO-32). */
export interface PgStatement {
  readonly text: string
  // Not readonly: `pg` declares it so.
  readonly values?: unknown[]
  /** In milliseconds. Then the query rejects, and its connection is of no use any more. */
  readonly query_timeout?: number
}

/** A client that a pool lent. */
export interface PgPoolClient {
  query(statement: PgStatement): Promise<{ rows: unknown[] }>
  /** With `true` the pool ends the connection instead of lending it again. */
  release(destroy?: boolean): void
  on(event: 'error', listener: (error: Error) => void): unknown
  removeListener(event: 'error', listener: (error: Error) => void): unknown
}

/** A `Pool` of `pg`, or one that is compatible with it. */
export interface PgPool {
  connect(): Promise<PgPoolClient>
  end(): Promise<void>
  on(event: 'error', listener: (error: Error) => void): unknown
  /** What it makes its clients with. */
  readonly options: object
}

/** A client that belongs to no pool. */
export interface PgClient {
  connect(): Promise<unknown>
  query(text: string): Promise<unknown>
  end(): Promise<void>
  on(event: 'notification' | 'end' | 'error', listener: () => void): unknown
}

/** What `pg` exports, as far as it is used. */
export interface PgModule {
  readonly Pool: new (options: {
    connectionString: string
    connectionTimeoutMillis: number
    keepAlive: boolean
  }) => PgPool
  readonly Client: new (options: object) => PgClient
}

/** Loads `pg`, which is an optional peer; rejects with `store-unavailable` if it is not installed. */
export async function loadPg(): Promise<PgModule> {
  try {
    // Before 8.15 it is CommonJS, whose exports are on the default.
    const { default: pg } = await import('pg')
    return pg
  } catch (cause) {
    throw new CruxError('store-unavailable', 'A connectionString needs the package pg: install it.', {
      cause,
      details: { outcome: 'none' },
    })
  }
}
