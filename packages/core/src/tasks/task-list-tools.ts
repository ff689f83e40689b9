import type * as z from 'zod'
import { createReadTool, createTool, type CruxTool } from '../commands/crux-tool.ts'
import { noInput, reasonSchema } from '../commands/field-schemas.ts'
import { notFound } from '../entities/entity-errors.ts'
import type { TaskList } from '../entities/task-list.ts'
import type { Task } from '../entities/task.ts'
import type { TaskListMethods } from './task-list-methods.ts'
import { newTaskInput, taskIdInput, updateTaskInput } from './task-schemas.ts'

/** A list with its tasks in position order, removed ones left out. */
export interface TaskListAnswer {
  readonly list: TaskList
  readonly tasks: readonly Task[]
}

/** Tools with which a model keeps a task list. A `type`, because an interface is no `ToolSet`. */
export type TaskListTools = {
  readonly listTasks: CruxTool<z.infer<typeof noInput>, TaskListAnswer>
  readonly addTask: CruxTool<z.infer<typeof newTaskInput>, Task>
  readonly updateTask: CruxTool<z.infer<typeof updateTaskInput>, Task>
  readonly removeTask: CruxTool<z.infer<typeof taskIdInput>, Task>
  readonly discardTaskList: CruxTool<z.infer<typeof reasonSchema>, TaskList>
}

/** The tools of a list, for `streamText` and agents (TASK-12). */
export function taskListTools(list: TaskListMethods): TaskListTools {
  return {
    listTasks: createReadTool({
      description: 'Read the task list and its tasks as they are now.',
      inputSchema: noInput,
      run: async () => {
        const found = await list.get()
        if (found === undefined) throw notFound('tasklist', list.id)
        return { list: found, tasks: await list.getTasks() }
      },
    }),
    addTask: createTool({
      description: 'Add a task to the task list.',
      inputSchema: newTaskInput,
      run: list.addTask,
    }),
    updateTask: createTool({
      description:
        'Change a task. Set status to in_progress when you begin it and to completed, failed, skipped or cancelled ' +
        'when it is over; that is final.',
      inputSchema: updateTaskInput,
      run: ({ taskId, ...patch }) => list.updateTask(taskId, patch),
    }),
    removeTask: createTool({
      description:
        'Remove a task that should not be in the list. To give up a task that was real work, skip it.',
      inputSchema: taskIdInput,
      run: ({ taskId }) => list.removeTask(taskId),
    }),
    discardTaskList: createTool({
      description: 'Give up the whole task list for good and cancel what is open in it.',
      inputSchema: reasonSchema,
      run: ({ reason }) => list.discard(reason),
    }),
  }
}
