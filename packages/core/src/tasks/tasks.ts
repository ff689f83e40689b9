import { envOf, type StoreOption } from '../commands/crux-env.ts'
import type { NewTaskList } from '../entities/task-list-changes.ts'
import type { TaskList } from '../entities/task-list.ts'
import type { CruxStore } from '../store/index.ts'
import type { CreateTaskListTool, CreateTaskListToolOptions } from './create-task-list-tool.ts'
import {
  createTaskListCommands,
  type ListTaskListsOptions,
  type TaskListCommands,
} from './task-list-commands.ts'
import type { TaskListAgentOptions, TaskListHandle } from './task-list-handle.ts'
import type { TaskWorker, TaskWorkerOptions } from './task-worker.ts'

/**
 * Creates a task list with its first tasks, in one commit (TASK-1). Rejects with `invalid-value`, `already-exists`,
 * `cycle`, `not-found` for an edge that leads nowhere, `too-large`, `no-store`.
 *
 * @example
 * const list = await tasklist({
 *   planId: plan.id,
 *   tasks: [{ id: 'build', label: 'Build' }, { id: 'ship', label: 'Ship', dependsOn: ['build'] }],
 * })
 * await list.startTask('build')
 * await list.reportProgress('build', { message: 'compiling', percent: 40 })
 * await list.completeTask('build')
 */
export async function tasklist({ store, ...input }: NewTaskList & StoreOption = {}): Promise<TaskListHandle> {
  return commands(store).tasklist(input)
}

/** The list as it is now, discarded or not; `undefined` when there is none. */
export async function getTaskList(id: string, { store }: StoreOption = {}): Promise<TaskList | undefined> {
  return commands(store).getTaskList(id)
}

/** The newest list of a plan that was not discarded (PLAN-9); `undefined` when there is none. */
export async function getTaskListByPlan(
  planId: string,
  { store }: StoreOption = {},
): Promise<TaskList | undefined> {
  return commands(store).getTaskListByPlan(planId)
}

/** The lists of the store's whole scope, or of one plan, newest first (PLAN-9). */
export async function listTaskLists({ store, ...options }: ListTaskListsOptions & StoreOption = {}): Promise<
  readonly TaskList[]
> {
  return commands(store).listTaskLists(options)
}

/** Methods, context, tools and workers of a list, without reading it (TASK-2). Throws `invalid-id`, `no-store`. */
export function taskListAgent(
  id: string,
  { store, ...options }: TaskListAgentOptions & StoreOption = {},
): TaskListHandle {
  return commands(store).taskListAgent(id, options)
}

/** A tool with which a model creates a list and its tasks in one call (TASK-12). Throws `no-store`. */
export function createTaskListTool({
  store,
  ...options
}: CreateTaskListToolOptions & StoreOption = {}): CreateTaskListTool {
  return commands(store).createTaskListTool(options)
}

/** Context and tools for an agent that works on one task (TASK-11). Throws `invalid-id`, `out-of-scope`, `no-store`. */
export function taskWorker(
  taskListId: string,
  taskId: string,
  { store, ...options }: TaskWorkerOptions & StoreOption = {},
): TaskWorker {
  return commands(store).taskWorker(taskListId, taskId, options)
}

function commands(store: CruxStore | undefined): TaskListCommands {
  return createTaskListCommands(envOf(store))
}
