import type * as z from 'zod'
import { oneLine, type AgentContext, type ContextOptions } from '../commands/agent-context.ts'
import type { CruxEnv } from '../commands/crux-env.ts'
import { createTool, type CruxTool } from '../commands/crux-tool.ts'
import { noInput } from '../commands/field-schemas.ts'
import { jsonSchemaText, parseWithSchema, type StandardSchema } from '../commands/standard-schema.ts'
import type { TaskList } from '../entities/task-list.ts'
import { isActiveTask } from '../entities/task-status.ts'
import type { Task } from '../entities/task.ts'
import { taskKey } from '../ids/index.ts'
import type { JsonValue } from '../json/json-value.ts'
import type { ProgressOutcome } from './change-task.ts'
import { readListAndTasks } from './read-tasks.ts'
import { createTaskActions } from './task-actions.ts'
import { taskState } from './task-list-context.ts'
import { errorInput, progressInput, resultInput } from './task-schemas.ts'

/** How a worker is told what to do. */
export interface TaskWorkerOptions {
  /** How to go about it, added to the context. */
  readonly guidelines?: string
  /** Makes the context's text instead. What it throws, `system()` throws. */
  readonly renderContext?: (input: {
    readonly list: TaskList
    readonly task: Task
    readonly guidelines: string | undefined
  }) => string | Promise<string>
  /** What a result has to look like; `completeTask` refuses another one and leaves the task as it was (TASK-14). */
  readonly result?: StandardSchema
}

/**
 * Tools of a worker; they know their task, so a model cannot touch another one. A `type`, because an interface is no
 * `ToolSet`.
 */
export type TaskWorkerTools = {
  readonly startTask: CruxTool<z.infer<typeof noInput>, Task>
  readonly reportProgress: CruxTool<z.infer<typeof progressInput>, ProgressOutcome>
  readonly completeTask: CruxTool<z.infer<typeof resultInput>, Task>
  readonly failTask: CruxTool<z.infer<typeof errorInput>, Task>
}

/** An agent that works on one task. */
export interface TaskWorker {
  /** The list's key. */
  readonly taskListId: string
  readonly taskId: string
  /** The assignment as a piece of instructions; priority 95 by default. */
  readonly asContext: (options?: ContextOptions) => AgentContext
  /** `startTask`, `reportProgress`, `completeTask` and `failTask` for a model. */
  readonly asTools: () => TaskWorkerTools
}

/** A worker for one task, without reading it (TASK-11). Throws `invalid-id`. */
export function createTaskWorker(
  env: CruxEnv,
  taskListId: string,
  taskId: string,
  { guidelines, renderContext = renderAssignment, result: schema }: TaskWorkerOptions = {},
): TaskWorker {
  const id = `task:${taskKey(taskListId, taskId)}`
  const actions = createTaskActions(env, taskListId)
  return {
    taskListId,
    taskId,
    asContext: ({ priority = 95 } = {}) => ({
      id,
      priority,
      system: async () => {
        const { list, tasks } = await readListAndTasks(env.store, taskListId, [taskId])
        const task = tasks[0]?.value
        if (list === undefined || list.value.status === 'discarded') return ''
        if (task === undefined || !isActiveTask(task)) return ''
        return renderContext({ list: list.value, task, guidelines })
      },
    }),
    asTools: () => ({
      startTask: createTool({
        description: 'Say that you begin with your task.',
        inputSchema: noInput,
        run: () => actions.startTask(taskId),
      }),
      reportProgress: createTool({
        description:
          'Say how far you are with your task. `ignored` in the answer means that it is over: stop.',
        inputSchema: progressInput,
        run: (progress) => actions.reportProgress(taskId, progress),
      }),
      completeTask: createTool({
        description: `Finish your task with its result. This is final.${resultHint(schema)}`,
        inputSchema: resultInput,
        run: async ({ result }) => {
          if (schema === undefined) return actions.completeTask(taskId, result)
          const parsed = await parseWithSchema(
            schema,
            result,
            `Result of task "${taskId}" of list "${taskListId}"`,
          )
          // A schema may give back anything; completeTask checks that it is JSON.
          return actions.completeTask(taskId, parsed as JsonValue)
        },
      }),
      failTask: createTool({
        description: 'Say that your task cannot be done, and why. This is final.',
        inputSchema: errorInput,
        run: ({ error }) => actions.failTask(taskId, error),
      }),
    }),
  }
}

function renderAssignment({
  task,
  guidelines,
}: {
  readonly task: Task
  readonly guidelines: string | undefined
}) {
  const { label, description, attempt } = task
  const again = attempt > 1 ? `, attempt ${attempt}` : ''
  return [
    `## Your task: ${oneLine(label)}`,
    `Status: ${taskState(task)}${again}`,
    description,
    guidelines === undefined ? undefined : `### Guidelines\n\n${guidelines}`,
  ]
    .filter((part) => part !== undefined && part !== '')
    .join('\n\n')
}

function resultHint(schema: StandardSchema | undefined): string {
  const text = schema && jsonSchemaText(schema)
  return text === undefined ? '' : ` The result must match this JSON Schema: ${text}`
}
