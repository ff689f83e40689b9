import * as z from 'zod'
import { jsonSchema, metadataSchema } from '../commands/field-schemas.ts'
import type { NewTask, TaskPatch, TaskProgress } from '../entities/task-changes.ts'
import { taskStatuses } from '../entities/task-status.ts'
import type { NewTaskList, TaskListUpdate } from '../entities/task-list-changes.ts'

const label = z.string().describe('What is to be done, in a few words.')
const description = z.string().describe('Details, if the label does not say enough.')
const parentId = z.string().describe('Id of the task that this one is a part of.')
const dependsOn = z.array(z.string()).describe('Ids of the tasks to finish before this one.')
const assignee = z
  .object({ agent: z.string().optional(), model: z.string().optional() })
  .describe('Who works on it.')
const taskId = z.string().describe('Id of the task, as listTasks gives it.')
const percent = z.number().describe('How much is done, 0 to 100.')

/** What `addTask` takes, and the model gives to add a task. */
export const newTaskInput = z.object({
  id: z.string().optional().describe('A short id of your own, such as "research", to refer to it.'),
  label,
  description: description.optional(),
  parentId: parentId.optional(),
  dependsOn: dependsOn.optional(),
  assignee: assignee.optional(),
  metadata: metadataSchema.optional(),
  position: z
    .number()
    .optional()
    .describe('Where it stands among the others. Leave it out to add at the end.'),
})

/** What the model gives to create a task list. */
export const createTaskListInput = z.object({
  title: z.string().optional().describe('What the list is about.'),
  tasks: z.array(newTaskInput).describe('The tasks in order; they may refer to each other by id.'),
})

const patchShape = {
  label: label.optional(),
  description: description.nullish(),
  parentId: parentId.nullish(),
  dependsOn: dependsOn.optional(),
  assignee: assignee.nullish(),
  metadata: metadataSchema.optional(),
  status: z.enum(taskStatuses).optional(),
  progress: z.string().optional().describe('What is going on right now.'),
  result: jsonSchema.optional().describe('What came out of it, with status completed.'),
  error: z.string().optional().describe('What went wrong, with status failed.'),
  reason: z.string().optional().describe('Why, with status skipped or cancelled.'),
}

/** What the model gives to change a task. */
export const updateTaskInput = z.object({ taskId, ...patchShape })

/** What the model gives to name a task. */
export const taskIdInput = z.object({ taskId })

/** What a worker gives about its progress. */
export const progressInput = z.object({
  message: z.string().describe('What is going on right now, in a few words.'),
  percent: percent.optional(),
})

/** What a worker gives when it is done. */
export const resultInput = z.object({ result: jsonSchema.optional().describe('What came out of it.') })

/** What a worker gives when it cannot go on. */
export const errorInput = z.object({ error: z.string().describe('What went wrong, for a person to read.') })

/** What `tasklist` takes. */
export const newTaskListSchema: z.ZodType<NewTaskList> = z.object({
  id: z.string().optional(),
  planId: z.string().optional(),
  title: z.string().optional(),
  metadata: metadataSchema.optional(),
  tasks: z.array(newTaskInput).optional(),
})

/** What `update` of a list takes. */
export const taskListUpdateSchema: z.ZodType<TaskListUpdate> = z.object({
  title: z.string().nullish(),
  metadata: metadataSchema.optional(),
})

/** What `addTasks` takes. */
export const newTasksSchema: z.ZodType<{ readonly tasks: readonly NewTask[] }> = z.object({
  tasks: z.array(newTaskInput),
})

/** What `updateTask` takes. */
export const taskPatchSchema: z.ZodType<TaskPatch> = z.object(patchShape)

/** What `reportProgress` takes. */
export const progressSchema: z.ZodType<TaskProgress> = z.object({
  message: z.string().optional(),
  percent: percent.optional(),
  usage: z
    .object({
      inputTokens: z.number().optional(),
      outputTokens: z.number().optional(),
      costUsd: z.number().optional(),
    })
    .optional(),
})
