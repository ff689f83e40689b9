import { inMemoryCruxStore } from '@crux/core'
import { createCruxClient, createStreamTransport } from '@crux/core/client'
import { createCruxUIMessageStream } from '@crux/server'
import * as ai7 from 'ai'
import * as ai5 from 'ai-v5'
import { MockLanguageModelV2 } from 'ai-v5/test'
import * as ai6 from 'ai-v6'
import { MockLanguageModelV3 } from 'ai-v6/test'
import { MockLanguageModelV4 } from 'ai/test'
import { expect, onTestFinished, test } from 'vitest'
import { settle } from './chunks.ts'

const call = {
  type: 'tool-call' as const,
  toolCallId: 'c1',
  toolName: 'createTaskList',
  input: JSON.stringify({ title: 'Steps', tasks: [{ id: 'x', label: 'X' }] }),
}
const words = [
  { type: 'text-start' as const, id: '1' },
  { type: 'text-delta' as const, id: '1', delta: 'Done.' },
  { type: 'text-end' as const, id: '1' },
]
const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 1, text: 1, reasoning: undefined },
}

/** One tool call, then a word. */
function* steps() {
  yield { content: [call], reason: 'tool-calls' as const }
  yield { content: words, reason: 'stop' as const }
}

function respond5(store: ReturnType<typeof inMemoryCruxStore>): Response {
  const answers = steps()
  const model = new MockLanguageModelV2({
    doStream: async () => {
      const { content, reason } = answers.next().value ?? { content: [], reason: 'stop' }
      const end = {
        type: 'finish',
        finishReason: reason,
        usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
      } as const
      return { stream: ai5.simulateReadableStream({ chunks: [...content, end] }) }
    },
  })
  const stream = createCruxUIMessageStream({
    store,
    persist: true,
    execute: ({ writer, crux }) => {
      const tools = { createTaskList: crux.createTaskListTool() }
      const result = ai5.streamText({ model, tools, prompt: 'Go.', stopWhen: ai5.stepCountIs(5) })
      writer.merge(result.toUIMessageStream({ onError: writer.onError }))
    },
  })
  return ai5.createUIMessageStreamResponse({ stream })
}

function respond6(store: ReturnType<typeof inMemoryCruxStore>): Response {
  const answers = steps()
  const model = new MockLanguageModelV3({
    doStream: async () => {
      const { content, reason } = answers.next().value ?? { content: [], reason: 'stop' }
      const end = { type: 'finish', finishReason: { unified: reason, raw: undefined }, usage } as const
      return { stream: ai6.simulateReadableStream({ chunks: [...content, end] }) }
    },
  })
  const stream = createCruxUIMessageStream({
    store,
    persist: true,
    execute: ({ writer, crux }) => {
      const tools = { createTaskList: crux.createTaskListTool() }
      const result = ai6.streamText({ model, tools, prompt: 'Go.', stopWhen: ai6.stepCountIs(5) })
      writer.merge(result.toUIMessageStream({ onError: writer.onError }))
    },
  })
  return ai6.createUIMessageStreamResponse({ stream })
}

function respond7(store: ReturnType<typeof inMemoryCruxStore>): Response {
  const answers = steps()
  const model = new MockLanguageModelV4({
    doStream: async () => {
      const { content, reason } = answers.next().value ?? { content: [], reason: 'stop' }
      const end = { type: 'finish', finishReason: { unified: reason, raw: undefined }, usage } as const
      return { stream: ai7.simulateReadableStream({ chunks: [...content, end] }) }
    },
  })
  const stream = createCruxUIMessageStream({
    store,
    persist: true,
    execute: ({ writer, crux }) => {
      const tools = { createTaskList: crux.createTaskListTool() }
      const result = ai7.streamText({ model, tools, prompt: 'Go.', stopWhen: ai7.isStepCount(5) })
      writer.merge(ai7.toUIMessageStream({ stream: result.stream, tools, onError: writer.onError }))
    },
  })
  return ai7.createUIMessageStreamResponse({ stream })
}

test.each([
  ['5', respond5],
  ['6', respond6],
  ['7', respond7],
])(
  'LIVE-33 what a model of AI SDK %s does with a tool reaches the client in its own stream',
  async (_major, respond) => {
    const store = inMemoryCruxStore()
    onTestFinished(() => store.close())
    const transport = createStreamTransport()
    const client = createCruxClient({ transport })
    client.subscribe('connection', () => {})
    onTestFinished(() => client.close())

    const response = respond(store)
    const text = await response.clone().text()
    await transport.consume(response)
    await settle()
    const { records } = await store.list({ entity: 'tasklist' })
    const listId = records[0]?.key ?? ''
    expect(client.getTaskList(listId)).toMatchObject({ title: 'Steps', status: 'pending' })
    expect(client.getTasks(listId)).toMatchObject([{ id: 'x', label: 'X' }])
    const types = [...text.matchAll(/"type":"([\w-]+)"/g)].map(([, type]) => type)
    expect(types.filter((type) => type === 'start')).toHaveLength(1)
    expect(types.indexOf('data-crux')).toBeGreaterThan(types.indexOf('tool-input-available'))
  },
)
