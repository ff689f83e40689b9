// Plans and tasks
export { createCrux } from './create-crux.ts'
export type { Crux } from './create-crux.ts'
export { configureCrux } from './commands/configure-crux.ts'
export type { CruxOptions, StoreOption } from './commands/crux-env.ts'
export type { PlanAgent, PlanAgentOptions, PlanCommands, PlanHandle, PlanTools } from './plan/index.ts'
export type { CreatePlanTool, CreatePlanToolOptions, ListPlansOptions } from './plan/index.ts'
export type { NewPlan, PlanPatch, PlanUpdate } from './plan/index.ts'
export type {
  TaskActions,
  TaskListCommands,
  TaskListHandle,
  TaskListMethods,
  TaskWorker,
} from './tasks/index.ts'
export type { TaskListAgentOptions, TaskListContextOptions, TaskWorkerOptions } from './tasks/index.ts'
export type { RenderTaskList, TaskListAnswer, TaskListTools, TaskWorkerTools } from './tasks/index.ts'
export type { CreatedTaskList, CreateTaskListTool, CreateTaskListToolOptions } from './tasks/index.ts'
export type { GetTasksOptions, ListTaskListsOptions, MoveTarget, StartTaskOptions } from './tasks/index.ts'
export type { NewTask, NewTaskList, ProgressOutcome, TaskListUpdate } from './tasks/index.ts'
export type { TaskOutcome, TaskPatch, TaskProgress } from './tasks/index.ts'

// What a model is given
export type { AgentContext, ContextOptions } from './commands/agent-context.ts'
export type { CruxTool, ToolCallOptions, ToolError } from './commands/crux-tool.ts'
export type { StandardSchema } from './commands/standard-schema.ts'

// The entities
export type { ChangeEvent, EntityName, EntityRef, EntityValues } from './entities/entity.ts'
export type { Plan } from './entities/plan.ts'
export type { Task, TaskAssignee, TaskStatus, TaskUsage } from './entities/task.ts'
export type { TaskList, TaskListStatus } from './entities/task-list.ts'
export type { JsonObject, JsonValue } from './json/index.ts'

// Stores
export { createCruxStore, inMemoryCruxStore } from './store/index.ts'
export type {
  ChangeBatch,
  Commit,
  CruxRecord,
  CruxStore,
  DurableCruxStore,
  InMemoryStoreOptions,
  ListPage,
  ListQuery,
  StoreOptions,
  Write,
} from './store/index.ts'
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
} from './store/index.ts'

// How changes travel
export { cruxDataPartSchema, toDataChunk, toDataPart } from './wire/index.ts'
export type { CruxDataChunk, CruxDataPart, CruxDataParts, SentRecord } from './wire/index.ts'
export { taskPlanDataSchemas } from './wire/task-plan/index.ts'
export type { TaskPlan, TaskPlanChunk, TaskPlanDataParts, TaskPlanUpdate } from './wire/task-plan/index.ts'
export type { TaskPlanDataSchema, TaskPlanTask, TaskPlanTaskState } from './wire/task-plan/index.ts'

// Errors
export { CruxError } from './errors/index.ts'
export type { CruxErrorCode, CruxErrorOptions } from './errors/index.ts'
