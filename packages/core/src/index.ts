export { createCruxStore, inMemoryCruxStore } from './store/index.ts'
export type {
  ChangeBatch,
  Commit,
  CommitGroup,
  CruxRecord,
  CruxStore,
  DurableCruxStore,
  GroupResult,
  InMemoryStoreOptions,
  ListPage,
  ListQuery,
  RevisionRef,
  StoreDriver,
  StoredRecord,
  StoredWrite,
  StoreHead,
  StoreOptions,
  Write,
} from './store/index.ts'
export type { ChangeEvent, EntityName, EntityRef, EntityValues } from './entities/entity.ts'
export type { Plan } from './entities/plan.ts'
export type { Task, TaskAssignee, TaskStatus, TaskUsage } from './entities/task.ts'
export type { TaskList, TaskListStatus } from './entities/task-list.ts'
export { CruxError } from './errors/index.ts'
export type { CruxErrorCode, CruxErrorOptions } from './errors/index.ts'
export type { JsonObject, JsonValue } from './json/index.ts'
