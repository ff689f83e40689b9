import { fallback, type ErrorCategory, type FallbackOptions } from '@crux/ai'
import { scriptedModel, type ScriptedModel, type ScriptStep } from '@crux/ai/testing'
import { getEventListeners } from 'node:events'
import { APICallError, generateText, isStepCount, RetryError, streamText, tool, ToolLoopAgent } from 'ai'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { toModelV4 } from '../../src/gateway/normalize-model.ts'

const apiError = (statusCode: number) =>
  new APICallError({
    message: `HTTP ${statusCode}`,
    url: 'https://model.test',
    requestBodyValues: {},
    statusCode,
  })

type OnAttemptError = NonNullable<FallbackOptions['onAttemptError']>

const failing = (error: unknown, id = 'a') => scriptedModel([{ error }, { error }, { error }], { id })
const answering = (id = 'b', steps: readonly ScriptStep[] = ['from b', 'from b', 'from b']) =>
  scriptedModel(steps, { id })

const ask = { prompt: 'hello', maxRetries: 0 } as const

describe('AI-39 AIT-38 what moves on', () => {
  test.each<[title: string, error: unknown]>([
    ['429', apiError(429)],
    ['503', apiError(503)],
    ['401', apiError(401)],
    ['ECONNRESET', Object.assign(new Error('reset'), { code: 'ECONNRESET' })],
    [
      '503 inside a retry wrapper',
      new RetryError({ message: 'x', reason: 'maxRetriesExceeded', errors: [apiError(503)] }),
    ],
    ['429 below cause', new Error('outer', { cause: apiError(429) })],
  ])('%s is answered by the next model', async (_title, error) => {
    const [a, b] = [failing(error), answering()]
    await expect(generateText({ ...ask, model: fallback(a, b) })).resolves.toMatchObject({ text: 'from b' })
    expect([a.calls.length, b.calls.length]).toEqual([1, 1])
  })

  test('400 is thrown after one call', async () => {
    const error = apiError(400)
    const [a, b] = [failing(error), answering()]
    await expect(generateText({ ...ask, model: fallback(a, b) })).rejects.toBe(error)
    expect([a.calls.length, b.calls.length]).toEqual([1, 0])
  })

  test('an error that is final on the second model is thrown as it is', async () => {
    const error = apiError(400)
    const c = answering()
    const model = fallback(failing(apiError(503)), failing(error), c)
    await expect(generateText({ ...ask, model })).rejects.toBe(error)
    expect(c.calls).toHaveLength(0)
  })

  test('AIT-40 on restricts', async () => {
    const error = apiError(401)
    const onlyLimits = { on: ['rate_limit'] } as const
    const b = answering()
    await expect(generateText({ ...ask, model: fallback(failing(error), b, onlyLimits) })).rejects.toBe(error)
    expect(b.calls).toHaveLength(0)
    const model = fallback(failing(apiError(429)), b, onlyLimits)
    await expect(generateText({ ...ask, model })).resolves.toMatchObject({ text: 'from b' })
  })

  test('AIT-40 shouldFallback lets a 400 move on, and keeps a 503 although on lists it', async () => {
    const options = {
      on: ['server_error'] satisfies ErrorCategory[],
      shouldFallback: (error: unknown) => APICallError.isInstance(error) && error.statusCode === 400,
    }
    const moved = await generateText({
      ...ask,
      model: fallback(failing(apiError(400)), answering(), options),
    })
    expect(moved.text).toBe('from b')
    const error = apiError(503)
    await expect(
      generateText({ ...ask, model: fallback(failing(error), answering(), options) }),
    ).rejects.toBe(error)
  })

  test.each([
    ['without a limit', {}],
    ['under a limit of its own', { timeoutMs: 600_000 }],
  ])("AIT-40 a caller's abort never moves on, whatever shouldFallback says: %s", async (_title, limit) => {
    const caller = new AbortController()
    const onAttemptError = vi.fn<OnAttemptError>()
    const a = scriptedModel([{ hang: true }], { id: 'a' })
    const b = answering()
    const model = fallback(a, b, { shouldFallback: () => true, onAttemptError, ...limit })
    const answer = generateText({ ...ask, model, abortSignal: caller.signal })
    await vi.waitFor(() => expect(a.calls).toHaveLength(1), { timeout: 10_000 })
    const reason = new Error('the user left')
    caller.abort(reason)
    await expect(answer).rejects.toBe(reason)
    expect(a.calls[0]?.abortSignal?.aborted).toBe(true)
    expect(b.calls).toHaveLength(0)
    expect(onAttemptError).not.toHaveBeenCalled()
    expect(getEventListeners(caller.signal, 'abort')).toEqual([])
  })

  test('AIT-40 an abort between two models asks no other, nor does one from before', async () => {
    const caller = new AbortController()
    const reason = new Error('the user left')
    const a = failing(apiError(503))
    const b = answering()
    const model = fallback(a, b, { onAttemptError: () => caller.abort(reason) })
    const call = { prompt: [], abortSignal: caller.signal }
    await expect(model.doGenerate(call)).rejects.toBe(reason)
    await expect(model.doStream(call)).rejects.toBe(reason)
    expect([a.calls.length, b.calls.length]).toEqual([1, 0])
  })
})

describe('AI-40 the models of one model call', () => {
  test('AIT-37 the first model answers: one call', async () => {
    const [a, b] = [answering('a', ['from a']), answering()]
    await expect(generateText({ ...ask, model: fallback(a, b) })).resolves.toMatchObject({ text: 'from a' })
    expect([a.calls.length, b.calls.length]).toEqual([1, 0])
  })

  test("nothing is left on the caller's signal behind a model call", async () => {
    const { signal } = new AbortController()
    const call = { prompt: [], abortSignal: signal }
    const model = fallback(failing(apiError(503)), answering())
    await model.doGenerate(call)
    await model.doStream(call)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('AI-95 AIT-39 all fail: an AggregateError of all errors in order, each model called once despite maxRetries', async () => {
    const errors = [apiError(429), apiError(503), apiError(401)]
    const models = errors.map((error, index) => failing(error, String(index)))
    const [a, b, c] = models
    const answer = generateText({ prompt: 'hello', maxRetries: 2, model: fallback(a!, b!, c!) })
    const thrown: unknown = await answer.catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(AggregateError)
    expect(thrown).toMatchObject({ message: 'All 3 fallback models failed' })
    expect((thrown as AggregateError).errors).toEqual(errors)
    expect(models.map(({ calls }) => calls.length)).toEqual([1, 1, 1])
  })

  test('AIT-41 used raw, a failing second step repeats no tool, and the next step starts at the first model again', async () => {
    const look = vi.fn<() => string>(() => 'seen')
    const tools = { look: tool({ inputSchema: z.object({}), execute: look }) }
    const call = { tools: [{ name: 'look', input: {} }] }
    const a = scriptedModel([call, { error: apiError(503) }, 'from a'], { id: 'a' })
    const b = scriptedModel([{ tools: [{ name: 'look', input: {}, id: 'again' }] }], { id: 'b' })
    const { text } = await generateText({ ...ask, model: fallback(a, b), tools, stopWhen: isStepCount(5) })
    expect(text).toBe('from a')
    expect(look).toHaveBeenCalledTimes(2)
    expect([a.calls.length, b.calls.length]).toEqual([3, 1])
    expect(b.calls[0]?.prompt.at(-1)).toMatchObject({ role: 'tool' })
  })

  test('AI-7 AIT-44 the same object serves generateText, streamText and an agent, and two calls at once', async () => {
    const a = failing(apiError(503), 'a')
    const forever = scriptedModel(
      Array.from({ length: 9 }, () => 'from b'),
      { id: 'b' },
    )
    const always = scriptedModel(
      Array.from({ length: 9 }, () => ({ error: apiError(503) })),
      { id: 'a' },
    )
    const model = fallback(always, forever)
    expect((await generateText({ ...ask, model })).text).toBe('from b')
    expect(await streamText({ ...ask, model }).text).toBe('from b')
    expect((await new ToolLoopAgent({ model }).generate({ prompt: 'hello' })).text).toBe('from b')
    const both = await Promise.all([generateText({ ...ask, model }), streamText({ ...ask, model }).text])
    expect([both[0].text, both[1]]).toEqual(['from b', 'from b'])
    expect([always.calls.length, forever.calls.length]).toEqual([5, 5])
    expect(a.calls).toHaveLength(0)
  })

  test('is a frozen model with an id of all ids, and asks for downloads like a model without urls of its own', () => {
    const model = fallback(
      answering('a'),
      'provider/b',
      fallback(answering('c'), answering('d'), { timeoutMs: 1 }),
    )
    expect(model).toMatchObject({
      specificationVersion: 'v4',
      provider: 'crux.fallback',
      modelId: 'a|provider/b|c|d',
      supportedUrls: {},
    })
    expect(Object.isFrozen(model)).toBe(true)
  })

  test('AI-38 no change of the options it was made with reaches it', async () => {
    const options: { on?: ErrorCategory[] } = {}
    const model = fallback(failing(apiError(503)), answering(), options)
    options.on = []
    await expect(generateText({ ...ask, model })).resolves.toMatchObject({ text: 'from b' })
  })

  test('AI-38 a fallback as member stands for its members, without its options', async () => {
    const shouldFallback = vi.fn<() => boolean>(() => false)
    const inner = fallback(failing(apiError(503), 'b'), failing(apiError(429), 'c'), { shouldFallback })
    const d = answering('d', ['from d'])
    const model = fallback(failing(apiError(500)), inner, d)
    await expect(generateText({ ...ask, model })).resolves.toMatchObject({ text: 'from d' })
    expect(shouldFallback).not.toHaveBeenCalled()
  })

  test('AIT-46 the response names the model that served, or what that model calls itself', async () => {
    const model = fallback(failing(apiError(503)), answering('b', ['one', 'two']))
    expect((await generateText({ ...ask, model })).response.modelId).toBe('b')
    expect((await streamText({ ...ask, model }).response).modelId).toBe('b')
    const dated = { ...answering('b', ['one']), modelId: 'newest' }
    expect((await generateText({ ...ask, model: fallback(dated, 'c') })).response.modelId).toBe('b')
    const silent = scriptedModel(['one', 'two'], { id: 'silent' })
    const nameless: typeof silent = {
      ...silent,
      doGenerate: async (options) => ({ ...(await silent.doGenerate(options)), response: undefined }),
      doStream: async (options) => {
        const { stream } = await silent.doStream(options)
        return { stream: stream.pipeThrough(without('response-metadata')) }
      },
    }
    const unnamed = fallback(failing(apiError(503)), nameless)
    expect((await generateText({ ...ask, model: unnamed })).response.modelId).toBe('silent')
    expect((await streamText({ ...ask, model: unnamed }).response).modelId).toBe('silent')
    const dateOnly = new ReadableStream({
      start: (controller) => {
        controller.enqueue({ type: 'response-metadata', timestamp: new Date(0) })
        controller.enqueue({ type: 'text-start', id: '0' })
        controller.enqueue({ type: 'text-delta', id: '0', delta: 'hi' })
        controller.close()
      },
    })
    const dateless = { ...silent, doStream: async () => ({ stream: dateOnly }) }
    const { modelId, timestamp } = await streamText({ ...ask, model: fallback(dateless, 'c') }).response
    expect([modelId, timestamp]).toEqual(['silent', new Date(0)])
  })

  test('AIT-46 onAttemptError is told of each failed attempt, from 1, with the model object', async () => {
    const onAttemptError = vi.fn<OnAttemptError>()
    const errors = [apiError(503), apiError(429)]
    const [a, b] = [failing(errors[0]), failing(errors[1], 'b')]
    await generateText({ ...ask, model: fallback(a, b, answering('c'), { onAttemptError }) })
    expect(onAttemptError.mock.calls).toEqual([
      [errors[0], 1, a],
      [errors[1], 2, b],
    ])
  })

  test('onAttemptError that throws ends the call with that error', async () => {
    const wrong = new Error('log is full')
    const onAttemptError = () => {
      throw wrong
    }
    const b = answering()
    const model = fallback(failing(apiError(503)), b, { onAttemptError })
    await expect(generateText({ ...ask, model })).rejects.toBe(wrong)
    expect(b.calls).toHaveLength(0)
  })
})

describe('AI-40 AIT-42 timeoutMs of a fallback', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('a model that ignores its signal is left, and its signal is aborted', async () => {
    const a = scriptedModel([{ hang: true }], { id: 'a' })
    const onAttemptError = vi.fn<OnAttemptError>()
    const model = fallback(a, answering(), { timeoutMs: 1_000, onAttemptError })
    const answer = generateText({ ...ask, model })
    await vi.advanceTimersByTimeAsync(999)
    expect(onAttemptError).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    await expect(answer).resolves.toMatchObject({ text: 'from b' })
    expect(onAttemptError).toHaveBeenCalledWith(
      expect.objectContaining({
        name: 'TimeoutError',
        message: 'fallback(): model "a" gave no answer within 1000 ms',
      }),
      1,
      a,
    )
    expect(a.calls[0]?.abortSignal?.aborted).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a stream that only hints at content is left; what comes later is dropped and cancelled', async () => {
    const cancelled = vi.fn<(reason: unknown) => void>()
    const a = scriptedModel([], { id: 'a' })
    const slow = {
      ...a,
      doStream: async () => ({
        stream: new ReadableStream({
          start: (controller) => {
            controller.enqueue({ type: 'stream-start' as const, warnings: [] })
            controller.enqueue({ type: 'text-start' as const, id: '0' })
            controller.enqueue({ type: 'ping' as const })
          },
          cancel: cancelled,
        }),
      }),
    }
    const result = streamText({ ...ask, model: fallback(slow, answering(), { timeoutMs: 1_000 }) })
    const text = result.text
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await text).toBe('from b')
    expect(cancelled).toHaveBeenCalledOnce()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('an answer that comes after all is dropped, and its stream cancelled', async () => {
    const cancelled = vi.fn<(reason: unknown) => void>()
    const a = scriptedModel([], { id: 'a' })
    const late = {
      ...a,
      doStream: () =>
        new Promise<{ stream: ReadableStream<never> }>((resolve) => {
          setTimeout(() => resolve({ stream: new ReadableStream({ cancel: cancelled }) }), 2_000)
        }),
    }
    const text = streamText({ ...ask, model: fallback(late, answering(), { timeoutMs: 1_000 }) }).text
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await text).toBe('from b')
    await vi.advanceTimersByTimeAsync(1_000)
    expect(cancelled).toHaveBeenCalledOnce()
  })

  test('the limit ends with the first content: a slow rest is waited for', async () => {
    const a = scriptedModel([], { id: 'a' })
    const slowly = {
      ...a,
      doStream: async () => ({
        stream: new ReadableStream({
          start: async (controller) => {
            controller.enqueue({ type: 'text-start' as const, id: '0' })
            controller.enqueue({ type: 'text-delta' as const, id: '0', delta: 'from ' })
            await new Promise((resolve) => setTimeout(resolve, 5_000))
            controller.enqueue({ type: 'text-delta' as const, id: '0', delta: 'a' })
            controller.enqueue({ type: 'text-end' as const, id: '0' })
            controller.close()
          },
        }),
      }),
    }
    const text = streamText({ ...ask, model: fallback(slowly, answering(), { timeoutMs: 1_000 }) }).text
    await vi.advanceTimersByTimeAsync(5_000)
    expect(await text).toBe('from a')
  })

  test('a model that heeds its signal is left for the same reason', async () => {
    const a = scriptedModel([{ text: 'late', delayMs: 60_000 }], { id: 'a' })
    const answer = generateText({
      ...ask,
      model: fallback(a, answering(), { timeoutMs: 1_000, on: ['timeout'] }),
    })
    await vi.advanceTimersByTimeAsync(1_000)
    await expect(answer).resolves.toMatchObject({ text: 'from b' })
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('AI-40 AIT-43 streams', () => {
  const silent = { onError: () => {} }

  async function read(model: Parameters<typeof streamText>[0]['model']) {
    const seen: string[] = []
    for await (const part of streamText({ ...ask, ...silent, model }).fullStream) {
      if (part.type === 'text-delta') seen.push(part.text)
      if (part.type === 'error') seen.push(`error: ${String(part.error)}`)
    }
    return seen
  }

  const streaming = (id: string, parts: readonly object[], cancelled = () => {}) => ({
    ...scriptedModel([], { id }),
    doStream: async () => ({
      stream: new ReadableStream({
        start: (controller) => {
          for (const part of parts) controller.enqueue(part)
          controller.close()
        },
        cancel: cancelled,
      }),
    }),
  })

  test('a rejection moves on', async () => {
    expect(await read(fallback(failing(apiError(503)), answering()))).toEqual(['from b'])
  })

  test('an early error part moves on, and nothing of that stream is seen', async () => {
    const a = streaming('a', [
      { type: 'stream-start', warnings: [] },
      { type: 'text-start', id: '0' },
      { type: 'text-delta', id: '0', delta: '' },
      { type: 'error', error: { message: 'Overloaded', statusCode: 529 } },
    ])
    expect(await read(fallback(a, answering()))).toEqual(['from b'])
  })

  test('the stream that is left is cancelled', async () => {
    const cancelled = vi.fn<(reason: unknown) => void>()
    const a = {
      ...scriptedModel([], { id: 'a' }),
      doStream: async () => ({
        stream: new ReadableStream({
          start: (controller) => controller.enqueue({ type: 'error', error: apiError(503) }),
          cancel: cancelled,
        }),
      }),
    }
    expect(await read(fallback(a, answering()))).toEqual(['from b'])
    expect(cancelled).toHaveBeenCalledOnce()
    const onAttemptError = () => {
      throw new Error('log is full')
    }
    const failed = fallback(a, answering(), { onAttemptError }).doStream({ prompt: [] })
    await expect(failed).rejects.toThrow('log is full')
    expect(cancelled).toHaveBeenCalledTimes(2)
  })

  test('a stream that breaks before its content moves on', async () => {
    const a = {
      ...scriptedModel([], { id: 'a' }),
      doStream: async () => ({
        stream: new ReadableStream({
          start: (controller) => controller.enqueue({ type: 'stream-start', warnings: [] }),
          pull: () => Promise.reject(Object.assign(new Error('reset'), { code: 'ECONNRESET' })),
        }),
      }),
    }
    expect(await read(fallback(a, answering()))).toEqual(['from b'])
  })

  test('after the first content the error is passed on, and no other model is asked', async () => {
    const b = answering()
    const a = scriptedModel([{ chunks: ['one ', 'two'], error: apiError(503) }], { id: 'a' })
    expect(await read(fallback(a, b))).toEqual(['one ', 'two', 'error: AI_APICallError: HTTP 503'])
    expect(b.calls).toHaveLength(0)
  })

  test('an early error part that moves nothing on goes out as the SDK knows it', async () => {
    const b = answering()
    const a = streaming('a', [{ type: 'error', error: { message: 'bad request', statusCode: 400 } }])
    expect(await read(fallback(a, b))).toEqual([expect.stringMatching(/error: .*bad request/)])
    expect(b.calls).toHaveLength(0)
  })

  test.each([
    ['reasoning', { type: 'reasoning-delta', id: '0', delta: 'hm' }],
    ['tool input', { type: 'tool-input-delta', id: '1', delta: '{' }],
    ['a tool call', { type: 'tool-call', toolCallId: '1', toolName: 'look', input: '{}' }],
    [
      'the end',
      {
        type: 'finish',
        finishReason: { unified: 'stop', raw: 'stop' },
        usage: { inputTokens: {}, outputTokens: {} },
      },
    ],
  ])('%s is content too', async (_title, part) => {
    const b = answering()
    const starts = [
      { type: 'reasoning-start', id: '0' },
      { type: 'tool-input-start', id: '1', toolName: 'look' },
    ]
    const a = streaming('a', [...starts, part, { type: 'error', error: apiError(503) }])
    expect(await read(fallback(a, b))).toEqual(['error: AI_APICallError: HTTP 503'])
    expect(b.calls).toHaveLength(0)
  })

  test('all fail: the AggregateError is the error of the stream', async () => {
    const seen = await read(
      fallback(failing(apiError(503)), streaming('b', [{ type: 'error', error: apiError(429) }])),
    )
    expect(seen).toEqual(['error: AggregateError: All 2 fallback models failed'])
  })

  test('parts before the content arrive in their order, and a reader that leaves cancels the model', async () => {
    const cancelled = vi.fn<(reason: unknown) => void>()
    const a = scriptedModel([], { id: 'a' })
    const endless = {
      ...a,
      doStream: async () => ({
        stream: new ReadableStream({
          start: (controller) => {
            controller.enqueue({ type: 'stream-start', warnings: [] })
            controller.enqueue({ type: 'text-start', id: '0' })
          },
          pull: (controller) => controller.enqueue({ type: 'text-delta', id: '0', delta: 'x' }),
          cancel: cancelled,
        }),
      }),
    }
    const { stream } = await fallback(endless, answering()).doStream({ prompt: [] })
    const reader = stream.getReader()
    const types = []
    for (let count = 0; count < 4; count += 1) types.push((await reader.read()).value?.type)
    expect(types).toEqual(['stream-start', 'response-metadata', 'text-start', 'text-delta'])
    await reader.cancel('enough')
    expect(cancelled).toHaveBeenCalledWith('enough')
  })

  test('from its content on a stream is read only as its reader asks, and its end is its own affair', async () => {
    const caller = new AbortController()
    const cancelled = vi.fn<(reason: unknown) => void>()
    let pulled = 0
    const endless = {
      ...scriptedModel([], { id: 'a' }),
      doStream: async () => ({
        stream: new ReadableStream(
          {
            pull: (controller) => controller.enqueue({ type: 'text-delta', id: '0', delta: `${++pulled}` }),
            cancel: cancelled,
          },
          { highWaterMark: 0 },
        ),
      }),
    }
    const model = fallback(endless, answering())
    const { stream } = await model.doStream({ prompt: [], abortSignal: caller.signal })
    const reader = stream.getReader()
    for (const type of ['response-metadata', 'text-delta']) {
      expect((await reader.read()).value).toMatchObject({ type })
    }
    await new Promise((resolve) => setTimeout(resolve))
    expect(pulled).toBe(1)
    caller.abort()
    expect((await reader.read()).value).toMatchObject({ delta: '2' })
    expect(cancelled).not.toHaveBeenCalled()
  })
})

describe('AI-37 AIT-46 models of any kind', () => {
  afterEach(() => {
    globalThis.AI_SDK_DEFAULT_PROVIDER = undefined
  })

  test('a string id is looked up in the default provider, when it is needed', async () => {
    const languageModel = vi.fn<(id: string) => ScriptedModel>((id) => answering(id, [`from ${id}`]))
    const model = fallback(failing(apiError(503)), 'by/name')
    expect(languageModel).not.toHaveBeenCalled()
    globalThis.AI_SDK_DEFAULT_PROVIDER = { specificationVersion: 'v4', languageModel } as never
    const { text, response } = await generateText({ ...ask, model })
    expect([text, response.modelId]).toEqual(['from by/name', 'by/name'])
    expect(languageModel).toHaveBeenCalledWith('by/name')
  })

  test("and without one in the SDK's own gateway", () => {
    expect(toModelV4('by/name')).toMatchObject({ provider: 'gateway', modelId: 'by/name' })
  })

  test.each(['v2', 'v3'] as const)('a model of specification %s is lifted', async (specificationVersion) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const usage = {
      v2: { inputTokens: 3, outputTokens: 4, totalTokens: 7 },
      v3: { inputTokens: { total: 3 }, outputTokens: { total: 4 } },
    }
    const old = {
      specificationVersion,
      provider: 'old',
      modelId: 'old-model',
      supportedUrls: {},
      doGenerate: async () => ({
        content: [{ type: 'text', text: 'from old' }],
        finishReason: specificationVersion === 'v2' ? 'stop' : { unified: 'stop', raw: 'stop' },
        usage: usage[specificationVersion],
        warnings: [],
      }),
    }
    const model = fallback(failing(apiError(503)), old as never)
    const { text, response, totalUsage } = await generateText({ ...ask, model })
    expect([text, response.modelId, totalUsage.totalTokens]).toEqual(['from old', 'old-model', 7])
    expect(toModelV4(old as never)).toBe(toModelV4(old as never))
    warn.mockRestore()
  })
})

function without(type: string) {
  return new TransformStream({
    transform: (part: { type: string }, controller) => {
      if (part.type !== type) controller.enqueue(part)
    },
  })
}
