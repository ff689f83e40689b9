export { cruxPostgresStore } from './postgres-store.ts'
export type { PostgresCruxStore, PostgresSource, PostgresStoreOptions } from './postgres-store.ts'
export type { PgPool, PgPoolClient, PgStatement } from './pg-module.ts'
export type { PgliteDatabase } from './pglite-connection.ts'
