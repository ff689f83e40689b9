import { createCruxStore } from './create-crux-store.ts'
import type { CruxStore, StoreOptions } from './crux-store.ts'
import { createInMemoryDriver } from './in-memory-driver.ts'

/** Limits of the in-memory store. */
export interface InMemoryStoreOptions extends StoreOptions {
  /** How many records it keeps. Default 100,000. */
  readonly maxRecords?: number
}

/** A store that lives as long as the process; for development, tests and apps with one process. */
export function inMemoryCruxStore(options: InMemoryStoreOptions = {}): CruxStore {
  return createCruxStore(createInMemoryDriver(), options)
}
