import type { AgentContext, ContextOptions } from '../commands/agent-context.ts'
import type { CruxEnv } from '../commands/crux-env.ts'
import { resolveKey } from '../ids/index.ts'
import { renderTaskList, type RenderTaskList } from './task-list-context.ts'
import { createTaskListMethods, type TaskListMethods } from './task-list-methods.ts'
import { taskListTools, type TaskListTools } from './task-list-tools.ts'
import { createTaskWorker, type TaskWorker, type TaskWorkerOptions } from './task-worker.ts'

/** How a list speaks to a model. */
export interface TaskListContextOptions extends ContextOptions {
  /** Makes the context's text instead. What it throws, `system()` throws. */
  readonly renderContext?: RenderTaskList
}

/** Defaults for the contexts of a list. */
export interface TaskListAgentOptions {
  /** Used by `asContext` where it is not given one of its own. */
  readonly renderContext?: RenderTaskList
}

/** One list: its methods, and how it is given to a model. */
export interface TaskListHandle extends TaskListMethods {
  /** The list as a piece of instructions; priority 80 by default. */
  readonly asContext: (options?: TaskListContextOptions) => AgentContext
  /** Tools with which a model keeps the list. */
  readonly asTools: () => TaskListTools
  /** Somebody who works on one task of the list. */
  readonly worker: (taskId: string, options?: TaskWorkerOptions) => TaskWorker
}

/** Binds everything to a list without reading it. Throws `invalid-id` or `out-of-scope`. */
export function createTaskListHandle(
  env: CruxEnv,
  listId: string,
  { renderContext: defaultRender = renderTaskList }: TaskListAgentOptions = {},
): TaskListHandle {
  const id = resolveKey(env.store.scopePrefix, listId)
  const methods = createTaskListMethods(env, id)
  return {
    ...methods,
    asContext: ({ priority = 80, renderContext = defaultRender } = {}) => ({
      id: `tasklist:${id}`,
      priority,
      system: async () => {
        const list = await methods.get()
        if (list === undefined || list.status === 'discarded') return ''
        return renderContext({ list, tasks: await methods.getTasks() })
      },
    }),
    asTools: () => taskListTools(methods),
    worker: (taskId, options) => createTaskWorker(env, id, taskId, options),
  }
}
