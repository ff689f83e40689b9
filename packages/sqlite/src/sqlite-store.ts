import { createCruxStore, CruxError, type DurableCruxStore, type StoreOptions } from '@crux/core'
import { createSqliteDriver } from './sqlite-driver.ts'

/** Where the data lies, and what a commit waits for. */
export interface SqliteStoreOptions extends StoreOptions {
  /** A file, which is made if there is none, or `:memory:`. Its folder must exist and lie on a local disk. */
  readonly path: string
  /**
   * `full` (default): a commit that was acknowledged survives a power loss. `normal`: it survives the end of the
   * process in any way, but a power loss may take the last ones; a commit is then many times cheaper.
   */
  readonly synchronous?: 'full' | 'normal'
}

/**
 * A store in a SQLite file, for an app on one machine whose plans must survive a restart. Several processes may share
 * the file; they see each other's changes within `pollIntervalMs`. The tables are made with the first call.
 *
 * Throws `invalid-value` for an option out of range, and `store-unavailable` if the file cannot be opened. A file that
 * another process keeps locked for 0.4 × `timeoutMs`, or that a newer version of this package wrote, is
 * `store-unavailable` for each call.
 *
 * @example
 * const store = cruxSqliteStore({ path: './data/crux.db' })
 * configureCrux({ store })
 */
export function cruxSqliteStore({
  path,
  synchronous = 'full',
  ...options
}: SqliteStoreOptions): DurableCruxStore {
  if (typeof path !== 'string' || path === '')
    throw new CruxError('invalid-value', 'path is empty: expected the path of a file, or ":memory:".')
  if (synchronous !== 'full' && synchronous !== 'normal')
    throw new CruxError(
      'invalid-value',
      `synchronous is ${String(synchronous)}: expected "full" or "normal".`,
    )
  const { timeoutMs = 5_000 } = options
  const driver = createSqliteDriver({ path, synchronous, busyMs: 0.4 * timeoutMs })
  // Nobody else can write to a database in memory.
  return createCruxStore(driver, path === ':memory:' ? { ...options, pollIntervalMs: Infinity } : options)
}
