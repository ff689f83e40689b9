/** A row as the client gives it, by column name. */
export type Row = Readonly<Record<string, unknown>>

/** What the driver needs of a PostgreSQL client, whichever it is. */
export interface SqlConnection {
  /** Runs one statement, which is a transaction of its own. What it throws went through `asStoreError`. */
  readonly query: (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>
  /** Calls `wake` at each notification of the channel, and whenever some may have been missed; gives its undo. */
  readonly listen: (channel: string, wake: () => void) => () => void
  /** Ends what it opened, and nothing that it was given. */
  readonly close: () => Promise<void>
}
