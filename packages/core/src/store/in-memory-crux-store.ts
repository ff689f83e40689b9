import { CruxError } from '../errors/index.ts'
import { createCruxStore } from './create-crux-store.ts'
import type { CruxStore, StoreOptions } from './crux-store.ts'
import { createInMemoryDriver } from './in-memory-driver.ts'

/** Limits of the in-memory store. */
export interface InMemoryStoreOptions extends StoreOptions {
  /**
   * How many records it keeps. Beyond that, finished lists are forgotten with their tasks, the earliest ended first;
   * if that does not make room, a commit is `store-full`. Default 100,000.
   */
  readonly maxRecords?: number
}

/**
 * A store that lives as long as the process: for development, tests, and apps with one process whose plans may be lost
 * with it. Nobody else can write to it, so it never polls: `pollIntervalMs` means nothing here.
 *
 * @example
 * const store = inMemoryCruxStore()
 * configureCrux({ store })
 */
export function inMemoryCruxStore({
  maxRecords = 100_000,
  ...options
}: InMemoryStoreOptions = {}): CruxStore {
  if (!(maxRecords >= 1)) {
    throw new CruxError('invalid-value', `maxRecords is ${maxRecords}: expected a number of 1 or more.`)
  }
  return createCruxStore(createInMemoryDriver({ maxRecords }), { ...options, pollIntervalMs: Infinity })
}
