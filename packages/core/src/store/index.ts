export { createCruxStore } from './create-crux-store.ts'
export type {
  ChangeBatch,
  Commit,
  CruxRecord,
  CruxStore,
  DurableCruxStore,
  ListPage,
  ListQuery,
  StoreOptions,
  Write,
} from './crux-store.ts'
export { inMemoryCruxStore } from './in-memory-crux-store.ts'
export type { InMemoryStoreOptions } from './in-memory-crux-store.ts'
export type {
  ChangePage,
  CommitGroup,
  GroupResult,
  RevisionRef,
  ScanPage,
  StoreDriver,
  StoredRecord,
  StoredWrite,
  StoreHead,
} from './store-driver.ts'
export { transact } from './transact.ts'
export type { Decision } from './transact.ts'
