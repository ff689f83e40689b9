export {
  createTaskListTool,
  getTaskList,
  getTaskListByPlan,
  listTaskLists,
  tasklist,
  taskListAgent,
  taskWorker,
} from './tasks.ts'
export { deriveTaskListStatus } from '../entities/derive-task-list-status.ts'
export type { DerivedTaskListStatus } from '../entities/derive-task-list-status.ts'

export type {
  CreatedTaskList,
  CreateTaskListTool,
  CreateTaskListToolOptions,
} from './create-task-list-tool.ts'
export type { TaskListAgentOptions, TaskListContextOptions, TaskListHandle } from './task-list-handle.ts'
export type { ProgressOutcome } from './change-task.ts'
export type { StartTaskOptions, TaskActions } from './task-actions.ts'
export type { ListTaskListsOptions, TaskListCommands } from './task-list-commands.ts'
export type { RenderTaskList } from './task-list-context.ts'
export type { GetTasksOptions, TaskListMethods } from './task-list-methods.ts'
export type { TaskListAnswer, TaskListTools } from './task-list-tools.ts'
export type { TaskWorker, TaskWorkerOptions, TaskWorkerTools } from './task-worker.ts'
export type { MoveTarget } from '../entities/task-order.ts'
export type { NewTask, TaskOutcome, TaskPatch, TaskProgress } from '../entities/task-changes.ts'
export type { NewTaskList, TaskListUpdate } from '../entities/task-list-changes.ts'
export type { Task, TaskAssignee, TaskStatus, TaskUsage } from '../entities/task.ts'
export type { TaskList, TaskListStatus } from '../entities/task-list.ts'
