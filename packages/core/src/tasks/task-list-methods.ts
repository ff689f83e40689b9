import type { CruxEnv } from '../commands/crux-env.ts'
import { nextTasks } from '../entities/next-tasks.ts'
import type { NewTask, TaskPatch } from '../entities/task-changes.ts'
import type { TaskListUpdate } from '../entities/task-list-changes.ts'
import type { TaskList, TaskListStatus } from '../entities/task-list.ts'
import { byPosition, type MoveTarget } from '../entities/task-order.ts'
import { isActiveTask } from '../entities/task-status.ts'
import type { Task } from '../entities/task.ts'
import { taskKey } from '../ids/index.ts'
import { addTask, addTasks } from './add-tasks.ts'
import { discardList } from './discard-task-list.ts'
import { moveTask } from './move-task.ts'
import { readTasks } from './read-tasks.ts'
import { removeTask } from './remove-task.ts'
import { createTaskActions, type TaskActions } from './task-actions.ts'
import { updateTask } from './update-task.ts'
import { updateTaskList } from './update-task-list.ts'

/** Which tasks `getTasks` gives. */
export interface GetTasksOptions {
  /** Also those that were removed. Default false. */
  readonly includeRemoved?: boolean
}

/**
 * Reading and changing one list and its tasks (TASK-2). Task ids are local to the list. Mutations give the new list or
 * task and reject with `not-found`, `discarded`, `removed`, `invalid-value` and what their own line names.
 */
export interface TaskListMethods extends TaskActions {
  /** The list's key. */
  readonly id: string
  /** The list as it is now, discarded or not; `undefined` when there is none. */
  readonly get: () => Promise<TaskList | undefined>
  readonly getStatus: () => Promise<TaskListStatus | undefined>
  /** `undefined` for one that is unknown or removed. */
  readonly getTask: (id: string) => Promise<Task | undefined>
  /** In position order. */
  readonly getTasks: (options?: GetTasksOptions) => Promise<readonly Task[]>
  /** What can be started now, in position order: pending tasks with nothing left to wait for. */
  readonly nextTasks: () => Promise<readonly Task[]>
  /** Changes title or metadata. */
  readonly update: (update: TaskListUpdate) => Promise<TaskList>
  /** At the end, unless it names a position. `already-exists` for an id that is or was taken; `cycle`. */
  readonly addTask: (task: NewTask) => Promise<Task>
  /** All in one commit or none; they may refer to each other. */
  readonly addTasks: (tasks: readonly NewTask[]) => Promise<readonly Task[]>
  /** Changes what the patch names. `invalid-transition` as the actions; `cycle` for edges that lead in a circle. */
  readonly updateTask: (id: string, patch: TaskPatch) => Promise<Task>
  /** Takes a task away; those that depend on it see it as skipped, its children move up. A second time does nothing. */
  readonly removeTask: (id: string) => Promise<Task>
  /** Right before or right after another task. */
  readonly moveTask: (id: string, target: MoveTarget) => Promise<Task>
  /** Gives the list up for good: what is open is cancelled, later changes are `discarded`. Keeps the first reason. */
  readonly discard: (reason?: string) => Promise<TaskList>
}

/** Binds the methods to the list with this key. */
export function createTaskListMethods(env: CruxEnv, id: string): TaskListMethods {
  const { store } = env
  const get = async () => (await store.get({ entity: 'tasklist', key: id }))?.value
  const allTasks = async () => (await readTasks(store, id)).map(({ value }) => value)
  return {
    ...createTaskActions(env, id),
    id,
    get,
    getStatus: async () => (await get())?.status,
    getTask: async (taskId) => {
      const task = await store.get({ entity: 'task', key: taskKey(id, taskId) })
      return task && isActiveTask(task.value) ? task.value : undefined
    },
    getTasks: async ({ includeRemoved = false } = {}) =>
      (await allTasks()).filter((task) => includeRemoved || isActiveTask(task)).sort(byPosition),
    nextTasks: async () => nextTasks(await allTasks()),
    update: (update) => updateTaskList(env, id, update),
    addTask: (task) => addTask(env, id, task),
    addTasks: (tasks) => addTasks(env, id, tasks),
    updateTask: (taskId, patch) => updateTask(env, id, taskId, patch),
    removeTask: (taskId) => removeTask(env, id, taskId),
    moveTask: (taskId, target) => moveTask(env, id, taskId, target),
    discard: (reason) => discardList(env, id, reason),
  }
}
