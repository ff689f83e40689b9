import type { CruxEnv } from '../commands/crux-env.ts'
import { readRecords } from '../commands/read-records.ts'
import { newestFirst } from '../entities/newest-first.ts'
import type { NewTaskList } from '../entities/task-list-changes.ts'
import type { TaskList } from '../entities/task-list.ts'
import { resolveKey } from '../ids/index.ts'
import { createTaskList } from './add-tasks.ts'
import {
  createTaskListTool,
  type CreateTaskListTool,
  type CreateTaskListToolOptions,
} from './create-task-list-tool.ts'
import { createTaskListHandle, type TaskListAgentOptions, type TaskListHandle } from './task-list-handle.ts'
import { createTaskWorker, type TaskWorker, type TaskWorkerOptions } from './task-worker.ts'

/** Which lists `listTaskLists` gives. */
export interface ListTaskListsOptions {
  /** Only those of this plan. */
  readonly planId?: string
  /** Also those that were discarded. Default false. */
  readonly includeDiscarded?: boolean
}

/** What can be done with task lists, bound to a store (ENT-2). */
export interface TaskListCommands {
  /** Creates a list with its first tasks, in one commit. `already-exists` if its id is taken. */
  readonly tasklist: (input?: NewTaskList) => Promise<TaskListHandle>
  /** The list as it is now, discarded or not; `undefined` when there is none. */
  readonly getTaskList: (id: string) => Promise<TaskList | undefined>
  /** The newest list of a plan that was not discarded; `undefined` when there is none. */
  readonly getTaskListByPlan: (planId: string) => Promise<TaskList | undefined>
  /** The lists of the whole scope, or of one plan, newest first. */
  readonly listTaskLists: (options?: ListTaskListsOptions) => Promise<readonly TaskList[]>
  /** Methods, context, tools and workers of a list, without reading it. */
  readonly taskListAgent: (id: string, options?: TaskListAgentOptions) => TaskListHandle
  /** A tool with which a model creates a task list. */
  readonly createTaskListTool: (options?: CreateTaskListToolOptions) => CreateTaskListTool
  /** Somebody who works on one task. */
  readonly taskWorker: (taskListId: string, taskId: string, options?: TaskWorkerOptions) => TaskWorker
}

/** The task functions of `createCrux`. */
export function createTaskListCommands(env: CruxEnv): TaskListCommands {
  const { store } = env
  const taskListAgent: TaskListCommands['taskListAgent'] = (id, options) =>
    createTaskListHandle(env, id, options)
  const listTaskLists: TaskListCommands['listTaskLists'] = async ({
    planId,
    includeDiscarded = false,
  } = {}) => {
    const planKey = planId === undefined ? undefined : resolveKey(store.scopePrefix, planId)
    const lists: TaskList[] = []
    for await (const { value } of readRecords(store, { entity: 'tasklist' })) {
      const isWanted = planKey === undefined || value.planId === planKey
      if (isWanted && (includeDiscarded || value.status !== 'discarded')) lists.push(value)
    }
    return lists.sort(newestFirst)
  }
  return {
    tasklist: async (input = {}) => taskListAgent((await createTaskList(env, input)).list.id),
    getTaskList: async (id) => taskListAgent(id).get(),
    getTaskListByPlan: async (planId) => (await listTaskLists({ planId }))[0],
    listTaskLists,
    taskListAgent,
    createTaskListTool: (options) => createTaskListTool(env, options),
    taskWorker: (taskListId, taskId, options) =>
      createTaskWorker(env, resolveKey(store.scopePrefix, taskListId), taskId, options),
  }
}
