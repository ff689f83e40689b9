import type * as z from 'zod'
import type { CruxEnv } from '../commands/crux-env.ts'
import { createTool, type CruxTool } from '../commands/crux-tool.ts'
import type { TaskList } from '../entities/task-list.ts'
import type { Task } from '../entities/task.ts'
import { createTaskList } from './add-tasks.ts'
import { createTaskListHandle, type TaskListHandle } from './task-list-handle.ts'
import { createTaskListInput } from './task-schemas.ts'

/** How a tool that creates a task list behaves. */
export interface CreateTaskListToolOptions {
  /** Added to the tool's description: what good tasks look like here. */
  readonly template?: string
  /** The plan that the lists belong to. */
  readonly planId?: string
  /** Called after each creation, before the model gets its answer. What it throws fails the call. */
  readonly onCreated?: (list: TaskListHandle) => void | Promise<void>
}

/** The new list, with its tasks so that the model knows their ids. */
export interface CreatedTaskList extends TaskList {
  readonly tasks: readonly Task[]
}

/** A tool that creates a task list. Make one per chat: `created` belongs to whoever called it last. */
export interface CreateTaskListTool extends CruxTool<z.infer<typeof createTaskListInput>, CreatedTaskList> {
  /** The list that the model created last; `undefined` before. */
  readonly created: TaskListHandle | undefined
}

/** The tool with which a model creates a list and its tasks in one call (TASK-12). */
export function createTaskListTool(
  env: CruxEnv,
  { template, planId, onCreated }: CreateTaskListToolOptions = {},
): CreateTaskListTool {
  let created: TaskListHandle | undefined
  const description = 'Create a task list with all the tasks you can foresee, before starting on them.'
  const tool = createTool({
    description: [description, template].filter(Boolean).join('\n\n'),
    inputSchema: createTaskListInput,
    run: async ({ title, tasks: given }): Promise<CreatedTaskList> => {
      const { list, tasks } = await createTaskList(env, {
        tasks: given,
        ...(title !== undefined && { title }),
        ...(planId !== undefined && { planId }),
      })
      created = createTaskListHandle(env, list.id)
      await onCreated?.(created)
      return { ...list, tasks }
    },
  })
  return {
    ...tool,
    get created() {
      return created
    },
  }
}
