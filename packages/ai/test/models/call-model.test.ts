import { fallback, guardrail, ValidationExhaustedError, type FallbackOptions } from '@crux/ai'
import { scriptedModel } from '@crux/ai/testing'
import { APICallError, generateText, isStepCount, streamText, tool } from 'ai'
import { describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { createCallModel } from '../../src/models/call-model.ts'
import { fallbackMeta } from '../../src/models/fallback-plan.ts'
import { startGuards } from '../../src/safety/guard-session.ts'

const apiError = (statusCode: number) =>
  new APICallError({
    message: `HTTP ${statusCode}`,
    url: 'https://model.test',
    requestBodyValues: {},
    statusCode,
  })

const exhausted = () =>
  new ValidationExhaustedError('No answer matched', {
    attempts: 1,
    maxAttempts: 1,
    promptId: undefined,
    issues: [],
    lastRawOutput: '',
  })

const ask = { prompt: 'hello', maxRetries: 0 } as const
const shout = guardrail({
  name: 'shout',
  phase: 'output',
  validate: (text) => ({ action: 'transform', content: text.toUpperCase() }),
})

describe('AI-37 AI-49 AIT-51 a model that needs no wrapper', () => {
  test('is the very object given', () => {
    const model = scriptedModel([])
    expect(createCallModel(model).model).toBe(model)
    expect(createCallModel('by/name').model).toBe('by/name')
    const old = { specificationVersion: 'v2', modelId: 'old' } as never
    expect(createCallModel(old).model).toBe(old)
  })

  test('with input guards only, too', () => {
    const model = scriptedModel([])
    const guards = startGuards([
      guardrail({ name: 'in', phase: 'input', validate: () => ({ action: 'pass' }) }),
    ])
    expect(createCallModel(model, { guards }).model).toBe(model)
  })

  test('AI-96 nor is what prepareStep returns wrapped then', () => {
    const other = scriptedModel([])
    expect(createCallModel(scriptedModel([])).wrap(other)).toBe(other)
  })
})

describe('AI-40 a fallback inside one call', () => {
  const look = vi.fn<() => string>(() => 'seen')
  const tools = { look: tool({ inputSchema: z.object({}), execute: look }) }
  const lookCall = { tools: [{ name: 'look', input: {} }] }

  test('AI-41 AIT-41 the second step fails on the first model: the second one serves it and the rest, the tool ran once', async () => {
    look.mockClear()
    const a = scriptedModel([lookCall, { error: apiError(503) }], { id: 'a' })
    const b = scriptedModel([{ tools: [{ name: 'missing', input: {} }] }, 'from b'], { id: 'b' })
    const { model, attempts } = createCallModel(fallback(a, b))
    const { text } = await generateText({ ...ask, model, tools, stopWhen: isStepCount(5) })
    expect(text).toBe('from b')
    expect(look).toHaveBeenCalledOnce()
    expect([a.calls.length, b.calls.length]).toEqual([2, 2])
    expect(fallbackMeta(attempts)).toEqual({
      attempts: 4,
      failedModels: ['a'],
      details: [
        { model: 'a', status: 'served', durationMs: expect.any(Number) },
        {
          model: 'a',
          status: 'failed',
          durationMs: expect.any(Number),
          error: 'HTTP 503',
          category: 'server_error',
        },
        { model: 'b', status: 'served', durationMs: expect.any(Number) },
        { model: 'b', status: 'served', durationMs: expect.any(Number) },
      ],
    })
  })

  test('a step that fails on the last model is not given back to the first', async () => {
    const a = scriptedModel([{ error: apiError(503) }], { id: 'a' })
    const b = scriptedModel([lookCall, { error: apiError(429) }], { id: 'b' })
    const { model } = createCallModel(fallback(a, b))
    const answer = generateText({ ...ask, model, tools, stopWhen: isStepCount(5) })
    await expect(answer).rejects.toMatchObject({
      name: 'AggregateError',
      message: 'All 1 fallback models failed',
      errors: [expect.objectContaining({ statusCode: 429 })],
    })
    expect(a.calls).toHaveLength(1)
  })

  test('another call with the same fallback starts at the first model', async () => {
    const a = scriptedModel([{ error: apiError(503) }, 'from a'], { id: 'a' })
    const model = fallback(a, scriptedModel(['from b'], { id: 'b' }))
    expect((await generateText({ ...ask, model: createCallModel(model).model })).text).toBe('from b')
    expect((await generateText({ ...ask, model: createCallModel(model).model })).text).toBe('from a')
  })

  test('AI-41 AIT-37 no meta where nothing failed, nor without a fallback', async () => {
    const call = createCallModel(fallback(scriptedModel(['from a']), scriptedModel([])))
    await generateText({ ...ask, model: call.model })
    expect(fallbackMeta(call.attempts)).toBeUndefined()
    expect(createCallModel(scriptedModel([])).attempts).toEqual([])
  })

  test('AI-41 the message of an error that is a plain object', async () => {
    const early = {
      ...scriptedModel([], { id: 'a' }),
      doStream: async () => ({
        stream: new ReadableStream({
          start: (controller) => {
            controller.enqueue({ type: 'error', error: { message: 'Overloaded', statusCode: 529 } })
            controller.close()
          },
        }),
      }),
    }
    const call = createCallModel(fallback(early, scriptedModel(['from b'], { id: 'b' })))
    expect(await streamText({ ...ask, model: call.model }).text).toBe('from b')
    expect(fallbackMeta(call.attempts)?.details[0]).toMatchObject({
      error: 'Overloaded',
      category: 'server_error',
    })
  })
})

describe('AI-42 AIT-45 schema retries ran out', () => {
  const models = () => {
    const ids = ['a', 'b', 'c'].map((id) => scriptedModel([`from ${id}`, `from ${id}`], { id }))
    return [ids[0]!, ids[1]!, ids[2]!] as const
  }

  test('the next model goes on, and the answer that did not match counts as a failed attempt', async () => {
    const [a, b, c] = models()
    const onAttemptError = vi.fn<NonNullable<FallbackOptions['onAttemptError']>>()
    const call = createCallModel(fallback(a, b, c, { onAttemptError }))
    await generateText({ ...ask, model: call.model })
    const error = exhausted()
    expect(call.moveOn(error)).toBe(true)
    expect((await generateText({ ...ask, model: call.model })).text).toBe('from b')
    expect(onAttemptError.mock.calls).toEqual([[error, 1, a]])
    expect(fallbackMeta(call.attempts)).toEqual({
      attempts: 2,
      failedModels: ['a'],
      details: [
        {
          model: 'a',
          status: 'failed',
          durationMs: expect.any(Number),
          error: 'No answer matched',
          category: 'validation_exhausted',
        },
        { model: 'b', status: 'served', durationMs: expect.any(Number) },
      ],
    })
  })

  test('no model is left', async () => {
    const [a, b] = models()
    const call = createCallModel(fallback(a, b))
    for (const moves of [true, false]) {
      await generateText({ ...ask, model: call.model })
      expect(call.moveOn(exhausted())).toBe(moves)
    }
  })

  test.each<[title: string, options: FallbackOptions, moves: boolean]>([
    ['on leaves it out', { on: ['server_error'] }, false],
    ['on names it', { on: ['validation_exhausted'] }, true],
    ['shouldFallback forbids it', { shouldFallback: () => false }, false],
    ['shouldFallback allows it', { on: ['server_error'], shouldFallback: () => true }, true],
  ])('%s', async (_title, options, moves) => {
    const [a, b] = models()
    const call = createCallModel(fallback(a, b, options))
    await generateText({ ...ask, model: call.model })
    expect(call.moveOn(exhausted())).toBe(moves)
  })

  test('there is nothing to move on to without a fallback, or before a model has served', async () => {
    expect(createCallModel(scriptedModel([])).moveOn(exhausted())).toBe(false)
    const [a, b, c] = models()
    const onAttemptError = vi.fn<NonNullable<FallbackOptions['onAttemptError']>>()
    const call = createCallModel(fallback(a, b, c, { onAttemptError }))
    expect(call.moveOn(exhausted())).toBe(false)
    await generateText({ ...ask, model: call.model })
    // The second answer may be that of a model which `prepareStep` has chosen.
    expect([call.moveOn(exhausted()), call.moveOn(exhausted())]).toEqual([true, false])
    expect(onAttemptError).toHaveBeenCalledOnce()
  })
})

describe('AI-96 AIT-62 a model that prepareStep returns', () => {
  test('is guarded too, once, and counts as the next step', async () => {
    const first = scriptedModel([{ text: 'one', tools: [{ name: 'missing', input: {} }] }])
    const other = scriptedModel(['two'])
    const guards = startGuards([shout])
    const call = createCallModel(first, { guards })
    const { steps } = await generateText({
      ...ask,
      model: call.model,
      stopWhen: isStepCount(2),
      prepareStep: ({ stepNumber }) => (stepNumber === 1 ? { model: call.wrap(other) } : {}),
    })
    expect(steps.map(({ text }) => text)).toEqual(['ONE', 'TWO'])
    expect(guards?.entries().map(({ step }) => step)).toEqual([0, 1])
  })

  test('the model it was handed, or one it returned before, is not wrapped again', () => {
    const [given, other] = [scriptedModel([]), scriptedModel([])]
    const call = createCallModel(given, { guards: startGuards([shout]) })
    expect(call.wrap(call.model)).toBe(call.model)
    expect(call.wrap(given)).toBe(call.model)
    const wrapped = call.wrap(other)
    expect(wrapped).not.toBe(other)
    expect(call.wrap(other)).toBe(wrapped)
    expect(call.wrap(wrapped)).toBe(wrapped)
  })

  test('a fallback stays with the model that served, and its failures are in the same meta', async () => {
    const call = createCallModel(scriptedModel([]))
    const a = scriptedModel([{ error: apiError(503) }], { id: 'a' })
    const model = call.wrap(fallback(a, scriptedModel(['one', 'two'], { id: 'b' })))
    expect((await generateText({ ...ask, model })).text).toBe('one')
    expect((await generateText({ ...ask, model })).text).toBe('two')
    expect(fallbackMeta(call.attempts)).toMatchObject({ attempts: 3, failedModels: ['a'] })
  })
})

test('AI-94 a string id behind a guard is resolved and guarded', async () => {
  const languageModel = (id: string) => scriptedModel([`from ${id}`])
  globalThis.AI_SDK_DEFAULT_PROVIDER = { specificationVersion: 'v4', languageModel } as never
  try {
    const { model } = createCallModel('by/name', { guards: startGuards([shout]) })
    expect((await generateText({ ...ask, model })).text).toBe('FROM BY/NAME')
  } finally {
    globalThis.AI_SDK_DEFAULT_PROVIDER = undefined
  }
})
