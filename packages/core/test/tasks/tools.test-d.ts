// Compiled by the type check, never run: the tools of core fit each major of the AI SDK as they are.
import type { CruxTool, Task, ToolError } from '@crux/core'
import { createCrux, inMemoryCruxStore } from '@crux/core'
import {
  generateText as generateText7,
  streamText as streamText7,
  ToolLoopAgent as Agent7,
  type LanguageModel as Model7,
  type ToolSet as ToolSet7,
} from 'ai'
import {
  Experimental_Agent as Agent5,
  generateText as generateText5,
  streamText as streamText5,
  type LanguageModel as Model5,
  type ToolSet as ToolSet5,
} from 'ai-v5'
import {
  generateText as generateText6,
  streamText as streamText6,
  ToolLoopAgent as Agent6,
  type LanguageModel as Model6,
  type ToolSet as ToolSet6,
} from 'ai-v6'

const crux = createCrux({ store: inMemoryCruxStore() })
const list = crux.taskListAgent('work')

export const tools = {
  createPlan: crux.createPlanTool({ template: 'Short.' }),
  createTaskList: crux.createTaskListTool(),
  ...crux.planAgent('launch').asTools(),
  ...list.asTools(),
  ...list.worker('build').asTools(),
}

export const sets: [ToolSet5, ToolSet6, ToolSet7] = [tools, tools, tools]

export function acceptedBy5(model: Model5) {
  streamText5({ model, tools, prompt: '' })
  streamText5({ model, tools: list.asTools(), prompt: '' })
  streamText5({ model, tools: list.worker('build').asTools(), prompt: '' })
  streamText5({ model, tools: crux.planAgent('launch').asTools(), prompt: '' })
  return new Agent5({ model, tools })
}

export function acceptedBy6(model: Model6) {
  streamText6({ model, tools, prompt: '' })
  streamText6({ model, tools: list.asTools(), prompt: '' })
  streamText6({ model, tools: list.worker('build').asTools(), prompt: '' })
  streamText6({ model, tools: crux.planAgent('launch').asTools(), prompt: '' })
  return new Agent6({ model, tools })
}

export function acceptedBy7(model: Model7) {
  streamText7({ model, tools, prompt: '' })
  streamText7({ model, tools: list.asTools(), prompt: '' })
  streamText7({ model, tools: list.worker('build').asTools(), prompt: '' })
  streamText7({ model, tools: crux.planAgent('launch').asTools(), prompt: '' })
  return new Agent7({ model, tools })
}

export async function inferredBy5(model: Model5) {
  const { staticToolResults } = await generateText5({ model, tools, prompt: '' })
  for (const result of staticToolResults) {
    if (result.toolName !== 'startTask') continue
    result.output satisfies Task | ToolError
    // @ts-expect-error the answer may be a refusal
    result.output satisfies Task
  }
}

export async function inferredBy6(model: Model6) {
  const { staticToolResults } = await generateText6({ model, tools, prompt: '' })
  for (const result of staticToolResults) {
    if (result.toolName !== 'startTask') continue
    result.output satisfies Task | ToolError
    // @ts-expect-error the answer may be a refusal
    result.output satisfies Task
  }
}

export async function inferredBy7(model: Model7) {
  const { staticToolResults } = await generateText7({ model, tools, prompt: '' })
  for (const result of staticToolResults) {
    if (result.toolName !== 'startTask') continue
    result.output satisfies Task | ToolError
    // @ts-expect-error the answer may be a refusal
    result.output satisfies Task
  }
}

export const own: CruxTool<{ readonly taskId: string }, Task> = list.asTools().removeTask

// @ts-expect-error a task needs a label
void list.addTask({ id: 'x' })
// @ts-expect-error there is no such status
void list.updateTask('x', { status: 'done' })
// @ts-expect-error either before or after
void list.moveTask('x', { before: 'a', after: 'b' })
// @ts-expect-error a function is no JSON
void list.completeTask('x', () => {})
// @ts-expect-error a title is needed
void crux.plan({})
