import { cascade, createCruxAi, fallback, generate, prompt, router } from '@crux/ai'
import { scriptedGateway, scriptedModel } from '@crux/ai/testing'
import { APICallError, generateText, tool } from 'ai'
import { describe, expect, test, vi } from 'vitest'
import { z } from 'zod'

const apiError = (statusCode: number) =>
  new APICallError({
    message: `HTTP ${statusCode}`,
    url: 'https://model.test',
    requestBodyValues: {},
    statusCode,
    isRetryable: false,
  })

const ask = prompt({ id: 'ask', prompt: 'hello' })
const answer = prompt({ id: 'answer', prompt: 'hello', output: z.object({ sum: z.number() }) })

describe('AI-40 AI-41 a fallback in generate', () => {
  test('AIT-37 the first model answers: one call, no meta', async () => {
    const [a, b] = [scriptedModel(['hi'], { id: 'a' }), scriptedModel([], { id: 'b' })]
    const { text, _meta } = await generate(ask, { model: fallback(a, b) })
    expect(text).toBe('hi')
    expect(_meta.modelId).toBe('a')
    expect(_meta).not.toHaveProperty('fallback')
  })

  test('AIT-39 all fail: the AggregateError reaches the caller, each model called once', async () => {
    const models = [429, 503].map((status) => scriptedModel([{ error: apiError(status) }]))
    const failed = generate(ask, { model: fallback(models[0]!, models[1]!) })
    await expect(failed).rejects.toMatchObject({ message: 'All 2 fallback models failed' })
    expect(models.map(({ calls }) => calls.length)).toEqual([1, 1])
  })

  test('AIT-41 AIT-46 the second step fails on the first model: the second serves it and the rest, the tool ran once', async () => {
    const execute = vi.fn<() => string>(() => 'seen')
    const tools = { look: tool({ inputSchema: z.object({}), execute }) }
    const look = { tools: [{ name: 'look', input: {} }] }
    const a = scriptedModel([look, { error: apiError(503) }], { id: 'a' })
    const b = scriptedModel([{ tools: [{ name: 'missing', input: {} }] }, 'done'], { id: 'b' })
    const { text, _meta } = await generate(ask, { model: fallback(a, b), tools })
    expect(text).toBe('done')
    expect(execute).toHaveBeenCalledOnce()
    expect([a.calls.length, b.calls.length]).toEqual([2, 2])
    expect(_meta.modelId).toBe('b')
    expect(_meta.fallback).toMatchObject({
      attempts: 4,
      failedModels: ['a'],
      details: [
        { model: 'a', status: 'served' },
        { model: 'a', status: 'failed', error: 'HTTP 503', category: 'server_error' },
        { model: 'b', status: 'served' },
        { model: 'b', status: 'served' },
      ],
    })
  })

  test('AI-42 AIT-45 out of schema retries, the second model goes on with the history so far and retries of its own', async () => {
    const a = scriptedModel([{ object: { sum: 'four' } }, { object: { sum: 'five' } }], { id: 'a' })
    const b = scriptedModel([{ object: { sum: 'six' } }, { object: { sum: 7 } }], { id: 'b' })
    const { object, _meta } = await generate(answer, {
      model: fallback(a, b),
      validationRetry: { maxRetries: 1 },
    })
    expect(object).toEqual({ sum: 7 })
    expect(b.calls[0]?.prompt.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
      'user',
    ])
    expect(_meta.fallback).toMatchObject({
      attempts: 4,
      failedModels: ['a'],
      details: [
        { model: 'a', status: 'served' },
        { model: 'a', status: 'failed', category: 'validation_exhausted' },
        { model: 'b', status: 'served' },
        { model: 'b', status: 'served' },
      ],
    })
    expect(JSON.stringify(_meta)).not.toContain('five')
  })

  test('AI-34 AI-42 where that one runs out too, the error counts the answers of both', async () => {
    const models = ['a', 'b'].map((id) => scriptedModel(['no', 'no', 'no'], { id }))
    const failed = generate(answer, {
      model: fallback(models[0]!, models[1]!),
      validationRetry: { maxRetries: 1 },
    })
    await expect(failed).rejects.toMatchObject({ attempts: 4, maxAttempts: 4 })
    expect(models.map(({ calls }) => calls.length)).toEqual([2, 2])
  })

  test('AI-32 AI-42 and with no step left no other model is asked', async () => {
    const b = scriptedModel([{ object: { sum: 7 } }])
    const onExhausted = vi.fn<() => void>()
    const failed = generate(answer, {
      model: fallback(scriptedModel(['no']), b),
      maxSteps: 1,
      validationRetry: { onExhausted },
    })
    await expect(failed).rejects.toMatchObject({ name: 'ValidationExhaustedError', attempts: 1 })
    expect(onExhausted).toHaveBeenCalledOnce()
    expect(b.calls).toHaveLength(0)
  })

  test('AI-42 AIT-40 unless on leaves that out', async () => {
    const b = scriptedModel([{ object: { sum: 7 } }], { id: 'b' })
    const model = fallback(scriptedModel(['no object']), b, { on: ['server_error'] })
    await expect(generate(answer, { model })).rejects.toMatchObject({ name: 'ValidationExhaustedError' })
    expect(b.calls).toHaveLength(0)
  })

  test('AIT-44 two calls at once, and one of the SDK, keep to themselves where they are', async () => {
    const busy = scriptedModel(
      Array.from({ length: 3 }, () => ({ error: apiError(429) })),
      { id: 'busy' },
    )
    const model = fallback(busy, scriptedModel(['one', 'two', 'three']))
    const texts = await Promise.all([
      generate(ask, { model }),
      generate(ask, { model }),
      generateText({ model, prompt: 'hello' }),
    ])
    expect(texts.map(({ text }) => text).toSorted()).toEqual(['one', 'three', 'two'])
    expect(busy.calls).toHaveLength(3)
  })
})

describe('AI-43 a router in generate', () => {
  const long = prompt({
    input: z.object({ question: z.string().trim() }),
    prompt: ({ input }) => input.question,
  })

  test('AIT-47 is asked once, about the validated input, and tells what it chose', async () => {
    const classify = vi.fn<(input: { question: string }) => string>(() => 'large')
    const large = scriptedModel(['from large'], { id: 'large' })
    const model = router({ classify, routes: { default: scriptedModel([]), large } })
    const { text, _meta } = await generate(long, { model, input: { question: ' why? ' } })
    expect(text).toBe('from large')
    expect(classify.mock.calls).toEqual([[{ question: 'why?' }, undefined]])
    expect(_meta.router).toEqual({
      classifiedAs: 'large',
      selectedModel: 'large',
      availableRoutes: ['default', 'large'],
      hints: undefined,
      overridden: false,
    })
  })

  test('is not asked about input that is not valid', async () => {
    const classify = vi.fn<() => string>(() => 'default')
    const model = router({ classify, routes: { default: scriptedModel([]) } })
    await expect(generate(long, { model, input: {} as never })).rejects.toMatchObject({ code: 'usage' })
    expect(classify).not.toHaveBeenCalled()
  })

  test('AIT-50 leads to a cascade, whose tier leads through a router to a fallback', async () => {
    const down = scriptedModel([{ error: apiError(503) }], { id: 'down' })
    const inner = router({
      classify: () => 'default',
      routes: { default: fallback(down, scriptedModel(['good'], { id: 'up' })) },
    })
    const tiers = cascade({
      tiers: [
        { model: scriptedModel(['bad'], { id: 'small' }), evaluate: ({ text }) => text === 'good' },
        { model: inner },
      ],
    })
    const model = router({ classify: () => 'tiers', routes: { default: scriptedModel([]), tiers } })
    const { text, _meta } = await generate(ask, { model })
    expect(text).toBe('good')
    expect(_meta).toMatchObject({
      modelId: 'up',
      router: { classifiedAs: 'tiers', selectedModel: 'cascade' },
      cascade: { acceptedAtTier: 1 },
      fallback: { failedModels: ['down'] },
    })
  })
})

test('AI-37 AI-49 AIT-51 with nothing configured the gateway gets the very model object given', async () => {
  const stop = new Error('seen enough')
  const gateway = scriptedGateway({ generateText: () => Promise.reject(stop) })
  const models = [scriptedModel([]), { specificationVersion: 'v2', modelId: 'old' } as never, 'by/name']
  for (const model of models) {
    await expect(createCruxAi({ gateway }).generate(ask, { model })).rejects.toBe(stop)
  }
  for (const [index, { model }] of gateway.calls.generateText.entries()) expect(model).toBe(models[index])
})
