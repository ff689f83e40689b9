import {
  readAnnouncement,
  type SanitizedTaskPlan,
  type SanitizeTaskPlanOptions,
} from './sanitize-task-plan-input.ts'

/** What the plan tool answers, so that the model learns the ids of its steps. */
export interface UpdateTaskPlanAnswer {
  readonly ok: true
  /** How many entries are steps now. */
  readonly accepted: number
  readonly dropped: SanitizedTaskPlan['dropped']
  readonly tasks: readonly { readonly id: string; readonly label: string }[]
}

/** What `updateTaskPlanTool` takes. */
export interface UpdateTaskPlanToolOptions extends Pick<SanitizeTaskPlanOptions, 'maxTasks'> {
  /** Takes the place of the usual description for the model. */
  readonly description?: string | undefined
  /** Hears each plan that was announced, as it was understood. What it throws is ignored. */
  readonly onPlan?: ((plan: SanitizedTaskPlan) => void) | undefined
}

/** A tool as the AI SDK takes it. */
export interface UpdateTaskPlanTool {
  readonly description: string
  // oxlint-disable-next-line typescript/no-explicit-any -- the SDK's types brand a schema with a symbol of their own module, which no other package can name
  readonly inputSchema: any
  readonly execute: (input: unknown) => Promise<UpdateTaskPlanAnswer>
}

/**
 * The tool with which an agent announces its steps (INJ-90). Register it under `TASK_PLAN_TOOL_KEY`; `streamText` and
 * agents of AI SDK 5, 6 and 7 take it as it is. It has no effect of its own: the injector reads the call as it passes.
 * Whatever the model gives it, the call succeeds, and the answer says what was left out and why (INJ-91).
 *
 * @example
 * const tools = { ...myTools, [TASK_PLAN_TOOL_KEY]: updateTaskPlanTool() }
 */
export function updateTaskPlanTool({
  maxTasks = 20,
  description = usualDescription,
  onPlan,
}: UpdateTaskPlanToolOptions = {}): UpdateTaskPlanTool {
  return {
    description,
    inputSchema: inputSchema(maxTasks),
    async execute(input) {
      const { tasks, dropped } = readAnnouncement(input, { maxTasks })
      try {
        onPlan?.({ tasks: tasks.map(({ isNamed: _, ...task }) => task), dropped })
      } catch {
        // Who listens must not fail the agent.
      }
      return {
        ok: true,
        accepted: tasks.length,
        dropped,
        tasks: tasks.map(({ id, label }) => ({ id, label })),
      }
    },
  }
}

const usualDescription =
  'Shows the user the steps of your work. Call it before other tools, and again when the steps change or a step ' +
  'without a tool is finished. Give all steps each time.'

/** What `jsonSchema()` of the AI SDK makes, without importing it: two registered symbols, a schema and a check. */
function inputSchema(maxTasks: number): object {
  return {
    [Symbol.for('vercel.ai.schema')]: true,
    [Symbol.for('vercel.ai.validator')]: true,
    _type: undefined,
    jsonSchema: {
      type: 'object',
      properties: {
        // Limits are in words only: one entry that is too long must not fail the call.
        tasks: { type: 'array', description: `All steps in order, at most ${maxTasks}.`, items: taskSchema },
      },
      required: ['tasks'],
    },
    validate: (value: unknown) => ({ success: true, value }),
  }
}

const taskSchema = {
  type: 'object',
  properties: {
    id: { type: 'string', description: 'A short name that stays the same when the plan changes.' },
    label: { type: 'string', description: 'What is done, for the user, in at most 80 characters.' },
    detail: { type: 'string', description: 'More about it, in at most 160 characters.' },
    toolName: { type: 'string', description: 'The tool that does it, if one does.' },
    state: {
      type: 'string',
      enum: ['pending', 'running', 'done', 'failed', 'skipped'],
      description: 'Only for a step without a tool.',
    },
  },
  required: ['label'],
}
