import {
  constraint,
  createCruxAi,
  generate,
  prompt,
  settledMessages,
  stream,
  type Constraint,
} from '@crux/ai'
import { scriptedGateway, scriptedModel, type ScriptedModel, type ScriptStep } from '@crux/ai/testing'
import { structuredFromPartials } from '@crux/core/structured'
import { APICallError, streamText, tool, type LanguageModelUsage } from 'ai'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import * as z from 'zod'

const ask = prompt({ id: 'ask', prompt: 'Say hello.' })
const person = z.object({ name: z.string(), age: z.number() })
const askPerson = prompt({ id: 'person', prompt: 'Who?', output: person })
const hello: ScriptStep = { chunks: ['Hel', 'lo'], usage: { inputTokens: 4, outputTokens: 2 } }
const busy = () =>
  new APICallError({ message: 'busy', url: 'https://x.test', requestBodyValues: {}, statusCode: 400 })

type ModelStream = Awaited<ReturnType<ScriptedModel['doStream']>>['stream']
type ModelPart = ModelStream extends ReadableStream<infer Part> ? Part : never

/** A stream with other parts in the place of each. */
function change(parts: (part: ModelPart) => readonly ModelPart[]) {
  return (from: ModelStream): ModelStream =>
    from.pipeThrough(
      new TransformStream<ModelPart, ModelPart>({
        transform: (part, controller) => {
          for (const one of parts(part)) controller.enqueue(one)
        },
      }),
    )
}

afterEach(() => void vi.useRealTimers())

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}

const rejection = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing',
    (error: unknown) => error,
  )

describe('AI-25 a stream of text', () => {
  test('AIT-28 yields the deltas; completion has usage, finish reason, text, messages and pace', async () => {
    const { textStream, completion } = await stream(ask, { model: scriptedModel([hello], { id: 'm' }) })
    expect(await collect(textStream)).toEqual(['Hel', 'lo'])
    expect(await completion).toMatchObject({
      text: 'Hello',
      usage: { inputTokens: 4, outputTokens: 2 } satisfies Partial<LanguageModelUsage>,
      finishReason: 'stop',
      modelId: 'm',
      attempts: 1,
      messages: [
        { role: 'user', content: 'Say hello.' },
        { role: 'assistant', content: [{ type: 'text', text: 'Hello' }] },
      ],
      streaming: { ttftMs: expect.any(Number), totalChunks: 2 },
    })
  })

  /** A model whose first chunk comes 30 ms after it was asked, by a clock that stands still otherwise. */
  function slow(steps: readonly ScriptStep[], pass = (parts: ModelStream) => parts): ScriptedModel {
    vi.useFakeTimers({ toFake: ['performance'] })
    const model = scriptedModel(steps)
    return {
      ...model,
      doStream: async (options) => {
        vi.advanceTimersByTime(30)
        return { stream: pass((await model.doStream(options)).stream) }
      },
    }
  }

  test('AI-26 the time to the first chunk is measured from the call; what is unknown is left out', async () => {
    const later = prompt({ prompt: () => (vi.advanceTimersByTime(20), 'Say hello.') })
    const first = await stream(later, { model: slow(['Hi']) })
    expect((await first.completion).streaming.ttftMs).toBe(50)
    const empty = await stream(ask, { model: slow([{ finishReason: 'content-filter' }]) })
    expect((await empty.completion).streaming).toEqual({ totalChunks: 0 })
  })

  test('AI-26 the speed is that of the last step', async () => {
    const tools = { add: tool({ inputSchema: z.object({}), execute: async () => 3 }) }
    const steps: ScriptStep[] = [
      { tools: [{ name: 'add', input: {} }], usage: { outputTokens: 900 } },
      { text: 'It is 3.', usage: { outputTokens: 6 } },
    ]
    const lasting = change((part) => {
      if (part.type === 'finish') vi.advanceTimersByTime(30)
      return [part]
    })
    const { completion } = await stream(ask, { model: slow(steps, lasting), tools })
    // 6 tokens in 30 ms.
    expect((await completion).streaming.tokensPerSecond).toBe(200)
  })

  test('AI-26 reasoning counts as a first chunk', async () => {
    const thinking: ModelPart[] = [
      { type: 'reasoning-start', id: 'r' },
      { type: 'reasoning-delta', id: 'r', delta: 'Hm.' },
      { type: 'reasoning-end', id: 'r' },
    ]
    const before = change((part) => (part.type === 'text-start' ? [...thinking, part] : [part]))
    const { completion } = await stream(ask, { model: slow([{ text: 'Hi' }], before) })
    expect((await completion).streaming).toEqual({ ttftMs: 30, totalChunks: 2 })
  })

  test('AI-25 text is that of the final step; the deltas are those of all steps', async () => {
    const execute = vi.fn<() => Promise<number>>(async () => 3)
    const tools = { add: tool({ inputSchema: z.object({}), execute }) }
    const model = scriptedModel([{ text: 'Let me see. ', tools: [{ name: 'add', input: {} }] }, 'It is 3.'])
    const result = await stream(ask, { model, tools })
    expect((await collect(result.textStream)).join('')).toBe('Let me see. It is 3.')
    const { text, messages, streaming } = await result.completion
    expect(text).toBe('It is 3.')
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant'])
    expect(streaming.totalChunks).toBe(3)
    expect(execute).toHaveBeenCalledOnce()
    await generate(ask, {
      model: scriptedModel(['Fine.']),
      tools,
      messages: [...messages, { role: 'user', content: 'Ok' }],
    })
  })

  test('AI-66 a stream that is cut off can be sent back too', async () => {
    const tools = { add: tool({ inputSchema: z.object({}), execute: async () => 3 }) }
    const model = scriptedModel([{ tools: [{ name: 'add', input: {} }], finishReason: 'length' }])
    const { messages } = await (await stream(ask, { model, tools })).completion
    const next = scriptedModel(['Fine.'])
    await generate(ask, { model: next, tools, messages: [...messages, { role: 'user', content: 'Ok' }] })
    expect(JSON.stringify(next.calls[0]?.prompt)).toContain('not executed: model stopped with length')
  })
})

describe('AI-27 readers', () => {
  test('AIT-29 completion has one outcome, before, during and after', async () => {
    const result = await stream(ask, { model: scriptedModel([hello]) })
    const before = result.completion
    for await (const _text of result.textStream) expect(await result.completion).toBe(await before)
    expect(await result.completion).toBe(await before)
  })

  test('AIT-29 nobody need look at completion', async () => {
    const unhandled = vi.fn<() => void>()
    process.on('unhandledRejection', unhandled)
    try {
      const failed = await stream(ask, { model: scriptedModel([{ error: busy() }]) })
      await rejection(collect(failed.textStream))
      await stream(ask, { model: scriptedModel([{ error: busy() }]) })
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect(unhandled).not.toHaveBeenCalled()
    } finally {
      process.off('unhandledRejection', unhandled)
    }
  })

  test('AIT-34 leaving early ends nothing; a second reader starts at the first item', async () => {
    const result = await stream(ask, { model: scriptedModel([{ chunks: ['a', 'b', 'c'] }]) })
    for await (const text of result.textStream) {
      expect(text).toBe('a')
      break
    }
    expect((await result.completion).text).toBe('abc')
    expect(await collect(result.textStream)).toEqual(['a', 'b', 'c'])
  })

  test('AIT-34 a late reader of partials starts at the newest', async () => {
    const json = JSON.stringify({ name: 'Ada', age: 36 })
    const result = await stream(askPerson, { model: scriptedModel([{ chunks: json.split('') }]) })
    await result.completion
    expect(await collect(result.partialObjectStream)).toEqual([{ name: 'Ada', age: 36 }])
    expect((await collect(result.textStream)).join('')).toBe(json)
  })

  test('AI-27 nothing is read before the first read, and two readers get the same', async () => {
    let parts = 0
    const gateway = scriptedGateway({
      streamText: (options) => {
        const raw = streamText(options)
        const counted = async function* () {
          for await (const part of raw.stream) yield ((parts++, part))
        }
        const neverAsked = () => {
          throw new Error('there is no object')
        }
        return Object.create(raw, { stream: { get: counted }, partialOutputStream: { get: neverAsked } })
      },
    })
    const crux = createCruxAi({ gateway })
    const result = await crux.stream(ask, { model: scriptedModel([hello]) })
    const reader = result.textStream[Symbol.asyncIterator]()
    await new Promise((resolve) => setTimeout(resolve))
    expect(parts).toBe(0)
    expect(await reader.next()).toEqual({ done: false, value: 'Hel' })
    expect(parts).toBeGreaterThan(0)
    const both = await Promise.all([collect(result.textStream), collect(result.textStream)])
    expect(both).toEqual([
      ['Hel', 'lo'],
      ['Hel', 'lo'],
    ])
  })
})

describe('AI-28 what goes wrong', () => {
  let printed: ReturnType<typeof vi.spyOn>
  beforeEach(() => {
    printed = vi.spyOn(console, 'error').mockImplementation(() => {})
  })
  afterEach(() => {
    expect(printed).not.toHaveBeenCalled()
    printed.mockRestore()
  })

  test('AI-78 AI-79 AIT-30 an error of the provider is thrown as it is, and printed nowhere', async () => {
    const error = busy()
    const result = await stream(askPerson, { model: scriptedModel([{ error }]) })
    expect(await rejection(collect(result.textStream))).toBe(error)
    expect(await rejection(collect(result.partialObjectStream))).toBe(error)
    expect(await rejection(result.completion)).toBe(error)
  })

  test('AI-78 AIT-31 an error in the middle: what came before it arrives', async () => {
    const error = busy()
    const result = await stream(ask, { model: scriptedModel([{ chunks: ['Hel', 'lo'], error }]) })
    const seen: string[] = []
    const thrown = await rejection(
      (async () => {
        for await (const text of result.textStream) seen.push(text)
      })(),
    )
    expect([seen, thrown]).toEqual([['Hel', 'lo'], error])
    expect(await rejection(result.completion)).toBe(error)
  })

  test.each([new Error('left'), 'a text', { any: 'value' }])(
    'AI-79 AIT-32 an abort throws the reason of the signal: %o',
    async (reason) => {
      const controller = new AbortController()
      const model = scriptedModel([{ chunks: ['Hel', 'lo'], hang: true }])
      const result = await stream(ask, { model, abortSignal: controller.signal })
      const seen: string[] = []
      const thrown = await rejection(
        (async () => {
          for await (const text of result.textStream) if (seen.push(text) === 2) controller.abort(reason)
        })(),
      )
      expect(seen).toEqual(['Hel', 'lo'])
      expect(thrown).toBe(reason)
      expect(await rejection(result.completion)).toBe(reason)
    },
  )
})

describe('AI-29 a stream of an object', () => {
  const look = { look: tool({ inputSchema: z.object({}), execute: async () => 'Ada, 36' }) }

  test('AIT-33 tools, partials, then a validated object', async () => {
    const model = scriptedModel([
      { tools: [{ name: 'look', input: {} }] },
      { chunks: ['{"name":', '"Ada"', ',"age":36}'] },
    ])
    const result = await stream(askPerson, { model, tools: look })
    const partials = await collect(result.partialObjectStream)
    expect(partials.at(-1)).toEqual({ name: 'Ada', age: 36 })
    const { object } = await result.completion
    const age: number = object.age
    expect(age).toBe(36)
  })

  test('AI-25 AI-27 partials come while the answer does', async () => {
    const leave = new AbortController()
    const model = scriptedModel([{ chunks: ['{"name":"Ada",', '"age":3'], hang: true }])
    const { partialObjectStream } = await stream(askPerson, { model, abortSignal: leave.signal })
    for await (const partial of partialObjectStream) if (partial.name === 'Ada') break
    leave.abort()
  })

  test('AI-33 the syntax is mended', async () => {
    const result = await stream(askPerson, {
      model: scriptedModel(['```json\n{"name":"Ada","age":36,}\n```']),
    })
    expect((await result.completion).object).toEqual({ name: 'Ada', age: 36 })
  })

  test('AI-82 AIT-33 a failure of the schema rejects completion, with one attempt and no other call', async () => {
    const model = scriptedModel(['{"name":"Ada"}', '{"name":"Ada","age":36}'])
    const onRetry = vi.fn<() => void>()
    const onExhausted = vi.fn<() => void>()
    const validationRetry = { maxRetries: 3, onRetry, onExhausted }
    const result = await stream(askPerson, { model, validationRetry })
    expect(await collect(result.partialObjectStream)).toContainEqual({ name: 'Ada' })
    expect(await rejection(result.completion)).toMatchObject({
      name: 'ValidationExhaustedError',
      attempts: 1,
      maxAttempts: 1,
      promptId: 'person',
    })
    expect(onRetry).not.toHaveBeenCalled()
    expect(onExhausted).toHaveBeenCalledOnce()
    expect(model.calls).toHaveLength(1)
  })

  test('AI-65 AI-29 what a tool has done is in the history of the failure, and the answer that did not match too', async () => {
    const model = scriptedModel([{ tools: [{ name: 'look', input: {} }] }, '{"name":"Ada"}'])
    const { completion } = await stream(askPerson, { model, tools: look })
    const history = settledMessages(await rejection(completion))
    expect(history?.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant'])
  })

  test('AI-29 AIT-61 constraints run once, at the end, and only report', async () => {
    const check = vi.fn<Constraint['check']>(() => ({ pass: false, feedback: 'Longer.' }))
    const model = scriptedModel(['Hi'])
    const result = await stream(ask, { model, constraints: [constraint({ name: 'long', check })] })
    const { text, constraints } = await result.completion
    expect(text).toBe('Hi')
    expect(constraints).toMatchObject({
      allPassed: false,
      entries: [{ name: 'long', attempt: 1, pass: false }],
    })
    expect(check).toHaveBeenCalledOnce()
  })

  test('AI-36 a stream that ends in tool calls has no object, and says so when it is read', async () => {
    const model = scriptedModel([{ tools: [{ name: 'confirm', input: {} }] }])
    const tools = { confirm: tool({ inputSchema: z.object({}) }) }
    const completion = await (await stream(askPerson, { model, tools })).completion
    expect(() => completion.object).toThrow('stream(): no object, the run ended with tool calls')
    expect({ ...completion }).not.toHaveProperty('object')
  })

  test('AI-25 structuredFromPartials takes it as it is', async () => {
    const json = JSON.stringify({ name: 'Ada', age: 36 })
    const result = await stream(askPerson, { model: scriptedModel([{ chunks: json.split('') }]) })
    const chunks = await collect(
      structuredFromPartials(result.partialObjectStream, {
        streamId: 's',
        dataType: 'person',
        output: result.completion.then((done) => done.object),
      }),
    )
    expect(JSON.stringify(chunks.at(-1))).toContain('"age":36')
  })
})
