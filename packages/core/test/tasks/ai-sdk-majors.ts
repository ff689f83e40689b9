import type {
  CreatePlanTool,
  CreateTaskListTool,
  PlanTools,
  TaskListTools,
  TaskWorkerTools,
} from '@crux/core'
import * as ai7 from 'ai'
import * as ai5 from 'ai-v5'
import { MockLanguageModelV2 } from 'ai-v5/test'
import * as ai6 from 'ai-v6'
import { MockLanguageModelV3 } from 'ai-v6/test'
import { MockLanguageModelV4 } from 'ai/test'

/** Every tool that core makes, as an application would hand them to a model together. */
export type AllTools = PlanTools &
  TaskListTools &
  TaskWorkerTools & { readonly createPlan: CreatePlanTool; readonly createTaskList: CreateTaskListTool }

/** One tool call of a scripted model. */
export interface ScriptedCall {
  readonly toolCallId: string
  readonly toolName: keyof AllTools
  readonly input: unknown
}

/** What came of a run: what each call answered, in order, and what the model was told about the tools. */
export interface ToolRun {
  readonly outputs: readonly { readonly toolCallId: string; readonly output: unknown }[]
  readonly schemas: Readonly<Record<string, unknown>>
}

type Run = (tools: AllTools, steps: readonly (readonly ScriptedCall[])[]) => Promise<ToolRun>

const toolCalls = (calls: readonly ScriptedCall[]) =>
  calls.map(({ toolCallId, toolName, input }) => ({
    type: 'tool-call' as const,
    toolCallId,
    toolName,
    input: JSON.stringify(input),
  }))

const text = [
  { type: 'text-start' as const, id: '1' },
  { type: 'text-delta' as const, id: '1', delta: 'Done.' },
  { type: 'text-end' as const, id: '1' },
]

const start = { type: 'stream-start' as const, warnings: [] }
const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 1, text: 1, reasoning: undefined },
}

/** The content of the model's next answer: the tool calls of that step, at the end a word. */
const contentOf = (step: readonly ScriptedCall[] | undefined) => (step ? toolCalls(step) : text)
const reasonOf = (step: readonly ScriptedCall[] | undefined) => (step ? 'tool-calls' : 'stop')

const run5: Run = async (tools, steps) => {
  let at = 0
  const model = new MockLanguageModelV2({
    doStream: async () => {
      const step = steps[at]
      at += 1
      const finish = {
        type: 'finish' as const,
        finishReason: reasonOf(step),
        usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
      } as const
      return { stream: ai5.simulateReadableStream({ chunks: [start, ...contentOf(step), finish] }) }
    },
  })
  const result = ai5.streamText({ model, tools, prompt: 'Go.', stopWhen: ai5.stepCountIs(20) })
  await result.consumeStream()
  return {
    outputs: (await result.steps).flatMap((step) => step.toolResults),
    schemas: schemasOf(model.doStreamCalls[0]?.tools),
  }
}

const run6: Run = async (tools, steps) => {
  let at = 0
  const model = new MockLanguageModelV3({
    doStream: async () => {
      const step = steps[at]
      at += 1
      const finishReason = { unified: reasonOf(step), raw: undefined } as const
      const finish = { type: 'finish' as const, finishReason, usage }
      return { stream: ai6.simulateReadableStream({ chunks: [start, ...contentOf(step), finish] }) }
    },
  })
  const result = ai6.streamText({ model, tools, prompt: 'Go.', stopWhen: ai6.stepCountIs(20) })
  await result.consumeStream()
  return {
    outputs: (await result.steps).flatMap((step) => step.toolResults),
    schemas: schemasOf(model.doStreamCalls[0]?.tools),
  }
}

const run7: Run = async (tools, steps) => {
  let at = 0
  const model = new MockLanguageModelV4({
    doStream: async () => {
      const step = steps[at]
      at += 1
      const finishReason = { unified: reasonOf(step), raw: undefined } as const
      const finish = { type: 'finish' as const, finishReason, usage }
      return { stream: ai7.simulateReadableStream({ chunks: [start, ...contentOf(step), finish] }) }
    },
  })
  const result = ai7.streamText({ model, tools, prompt: 'Go.', stopWhen: ai7.isStepCount(20) })
  await result.consumeStream()
  return {
    outputs: (await result.steps).flatMap((step) => step.toolResults),
    schemas: schemasOf(model.doStreamCalls[0]?.tools),
  }
}

/** `streamText` of each supported major, on its own mock model. */
export const majors: Readonly<Record<string, Run>> = { 'AI SDK 5': run5, 'AI SDK 6': run6, 'AI SDK 7': run7 }

function schemasOf(tools: readonly { readonly name: string; readonly inputSchema?: unknown }[] | undefined) {
  return Object.fromEntries((tools ?? []).map(({ name, inputSchema }) => [name, inputSchema]))
}
