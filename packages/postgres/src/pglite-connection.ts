import type { Row, SqlConnection } from './sql-connection.ts'
import { asStoreError } from './store-error.ts'

/** What is used of a `PGlite`. */
export interface PgliteDatabase {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
  listen(channel: string, callback: () => void): Promise<() => Promise<void>>
}

/** Statements and notifications of a PostgreSQL inside this process, which the user made and closes. */
export function createPgliteConnection(pglite: PgliteDatabase): SqlConnection {
  return {
    query: async (text, values = []) => {
      try {
        // With the default row mode, each row is an object.
        return (await pglite.query(text, [...values])).rows as Row[]
      } catch (error) {
        throw asStoreError(error)
      }
    },
    listen: (channel, wake) => {
      // A failure costs no more than the time until the next poll.
      const listening = pglite.listen(`"${channel}"`, wake).catch(() => undefined)
      return () => {
        void listening.then((unlisten) => unlisten?.()).catch(() => {})
      }
    },
    close: async () => {},
  }
}
