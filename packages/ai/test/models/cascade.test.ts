import {
  cascade,
  CascadeExhaustedError,
  constraint,
  fallback,
  generate,
  prompt,
  router,
  type CascadeTier,
} from '@crux/ai'
import { scriptedModel, type ScriptStep } from '@crux/ai/testing'
import { APICallError, tool } from 'ai'
import { inspect } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'

const ask = prompt({
  id: 'ask',
  input: z.object({ question: z.string() }),
  prompt: ({ input }) => input.question,
})
const input = { question: 'Why?' }
const sure = ({ text }: { text: string }) => !text.includes('not sure')

const rejection = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing',
    (error: unknown) => error,
  )

function model(id: string, ...steps: ScriptStep[]) {
  return scriptedModel(steps, { id })
}

const costing = (text: string, cost: number): ScriptStep => ({
  text,
  providerMetadata: { gateway: { cost } },
})

describe('AI-44 cascade()', () => {
  test('AIT-48 a tier that is accepted ends it', async () => {
    const tiers = [{ model: model('small', 'Because.'), evaluate: sure }, { model: model('large') }]
    const { text, _meta } = await generate(ask, { model: cascade({ tiers }), input })
    expect(text).toBe('Because.')
    expect(_meta.cascade).toEqual({
      tiersAttempted: 1,
      totalTiers: 2,
      acceptedAtTier: 0,
      budgetExceeded: false,
      tiers: [
        { model: 'small', status: 'accepted', durationMs: expect.any(Number) },
        { model: 'large', status: 'skipped' },
      ],
    })
  })

  test('AIT-48 AIT-18 a rejected tier goes on from the same messages; usage and cost are those of all', async () => {
    const small = model('small', { ...(costing('I am not sure', 1) as object), usage: { inputTokens: 2 } })
    const large = model('large', { ...(costing('Because.', 4) as object), usage: { inputTokens: 3 } })
    const { text, messages, steps, _meta } = await generate(ask, {
      model: cascade({
        tiers: [{ model: small, evaluate: async (result) => sure(result) }, { model: large }],
      }),
      input,
    })
    expect(text).toBe('Because.')
    expect(large.calls[0]?.prompt).toEqual(small.calls[0]?.prompt)
    expect(messages).toHaveLength(2)
    expect(steps).toHaveLength(2)
    expect(_meta).toMatchObject({
      cost: 5,
      usage: { inputTokens: 5, outputTokens: undefined },
      attempts: 2,
      modelId: 'large',
      cascade: {
        acceptedAtTier: 1,
        tiers: [
          { status: 'rejected', cost: 1 },
          { status: 'accepted', cost: 4 },
        ],
      },
    })
  })

  test('AIT-48 evaluate gets the result, the model and the costs', async () => {
    const typed = prompt({ prompt: 'A number.', output: z.object({ n: z.number() }) })
    const first = model('a', { object: { n: 1 }, providerMetadata: { gateway: { cost: '0.5' } } })
    const second = model('b', { object: { n: 2 } })
    const evaluate = vi.fn<NonNullable<CascadeTier['evaluate']>>(({ text }) => text === '{"n":2}')
    await generate(typed, {
      model: cascade({
        tiers: [
          { model: first, evaluate },
          { model: second, evaluate },
        ],
      }),
    })
    expect(evaluate.mock.calls).toMatchObject([
      [
        { object: { n: 1 }, text: '{"n":1}', finishReason: 'stop' },
        { model: first, cost: 0.5, tierIndex: 0, totalCost: 0.5 },
      ],
      [{ object: { n: 2 } }, { model: second, cost: undefined, tierIndex: 1, totalCost: 0.5 }],
    ])
    expect(evaluate.mock.lastCall?.[1].model).toBe(second)
  })

  test('AIT-48 all rejected: the error has the tiers, and does not print the last result', async () => {
    const tiers = ['a', 'b'].map((id) => ({ model: model(id, 'a secret'), evaluate: () => false }))
    const error = await rejection(generate(ask, { model: cascade({ tiers }), input }))
    expect(error).toBeInstanceOf(CascadeExhaustedError)
    expect(error).toMatchObject({
      tiers: [
        { model: 'a', status: 'rejected' },
        { model: 'b', status: 'rejected' },
      ],
      lastResult: { text: 'a secret' },
    })
    expect(inspect(error)).not.toContain('secret')
  })

  test('AI-44 what evaluate throws ends the call', async () => {
    const error = new Error('broken')
    const evaluate = () => Promise.reject(error)
    const tiers = [{ model: model('a', 'x'), evaluate }, { model: model('b', 'y') }]
    expect(await rejection(generate(ask, { model: cascade({ tiers }), input }))).toBe(error)
  })

  test('AIT-49 over the budget of cost, the last result comes back with a flag', async () => {
    const tiers = [
      { model: model('a', costing('one', 2)), evaluate: () => false },
      { model: model('b', costing('two', 2)), evaluate: () => false },
      { model: model('c', 'three') },
    ]
    const { text, _meta } = await generate(ask, { model: cascade({ tiers, budget: { maxCost: 3 } }), input })
    expect(text).toBe('two')
    expect(_meta.cascade).toMatchObject({
      tiersAttempted: 2,
      budgetExceeded: true,
      acceptedAtTier: undefined,
    })
    expect(_meta.cascade?.tiers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'skipped'])
  })

  test('AIT-49 over the budget of time, no later tier is asked', async () => {
    const tiers = [
      { model: model('a', { text: 'one', delayMs: 40 }), evaluate: () => false },
      { model: model('b', 'two') },
    ]
    const { text, _meta } = await generate(ask, {
      model: cascade({ tiers, budget: { maxLatencyMs: 20 } }),
      input,
    })
    expect([text, _meta.cascade?.budgetExceeded]).toEqual(['one', true])
  })

  test('AIT-49 the first tier is asked whatever the time, and what just fits a budget of cost goes on', async () => {
    const tiers = () => [
      { model: model('a', costing('one', 1)), evaluate: () => false },
      { model: model('b', costing('two', 1)), evaluate: () => false },
      { model: model('c', 'three') },
    ]
    const run = (budget: { maxCost?: number; maxLatencyMs?: number }) =>
      generate(ask, { model: cascade({ tiers: tiers(), budget }), input })
    expect((await run({ maxLatencyMs: 0 })).text).toBe('one')
    expect((await run({ maxCost: 2 })).text).toBe('three')
  })

  test('AIT-49 AI-24 a cost that is no number is ignored', async () => {
    const tiers = [{ model: model('a', 'one'), evaluate: () => false }, { model: model('b', 'two') }]
    const { text, _meta } = await generate(ask, {
      model: cascade({ tiers, budget: { maxCost: 3 } }),
      cost: () => Number.NaN,
      input,
    })
    expect([text, _meta.cost]).toEqual(['two', undefined])
  })

  test('AIT-49 an error of a provider ends the cascade as it is', async () => {
    const busy = new APICallError({
      message: 'busy',
      url: 'https://x.test',
      requestBodyValues: {},
      statusCode: 503,
    })
    const second = model('b', 'two')
    const tiers = [{ model: model('a', { error: busy }) }, { model: second }]
    expect(await rejection(generate(ask, { model: cascade({ tiers }), input, maxRetries: 0 }))).toBe(busy)
    expect(second.calls).toHaveLength(0)
  })
})

describe('AI-44 AI-32 a tier whose answers never will do', () => {
  const typed = prompt({ prompt: 'A number.', output: z.object({ n: z.number() }) })

  test('is rejected, and the next one starts anew with its own retries and steps', async () => {
    const onExhausted = vi.fn<() => void>()
    const first = model('a', 'no', 'no')
    const second = model('b', 'no', { object: { n: 1 } })
    const { object, _meta } = await generate(typed, {
      model: cascade({ tiers: [{ model: first }, { model: second }] }),
      validationRetry: { maxRetries: 1, onExhausted },
      maxSteps: 2,
    })
    expect(object).toEqual({ n: 1 })
    expect(second.calls[0]?.prompt).toEqual(first.calls[0]?.prompt)
    expect(_meta).toMatchObject({ attempts: 4, cascade: { acceptedAtTier: 1 } })
    expect(onExhausted).toHaveBeenCalledOnce()
  })

  test('gives its error if it is the last', async () => {
    const onExhausted = vi.fn<() => void>()
    const tiers = [{ model: model('a', 'no') }, { model: model('b', 'no') }]
    const error = await rejection(
      generate(typed, { model: cascade({ tiers }), validationRetry: { maxRetries: 0, onExhausted } }),
    )
    expect(error).toMatchObject({ name: 'ValidationExhaustedError', attempts: 1 })
    expect(onExhausted).toHaveBeenCalledTimes(2)
  })

  test('is forgotten when a later one has a result that is rejected', async () => {
    const tiers = [
      { model: model('a', 'no') },
      { model: model('b', { object: { n: 1 } }), evaluate: () => false },
    ]
    const error = await rejection(generate(typed, { model: cascade({ tiers }) }))
    expect(error).toMatchObject({ name: 'CascadeExhaustedError', lastResult: { object: { n: 1 } } })
  })

  test('gives its error over budget, if no tier has a result', async () => {
    const second = model('b', { object: { n: 1 } })
    const tiers = [{ model: model('a', costing('no', 9)) }, { model: second }]
    const error = await rejection(generate(typed, { model: cascade({ tiers, budget: { maxCost: 1 } }) }))
    expect(error).toMatchObject({ name: 'ValidationExhaustedError' })
    expect(second.calls).toHaveLength(0)
  })

  test('leaves the result of the tier before it, if the budget ends there', async () => {
    const short = constraint({
      name: 'short',
      maxRetries: 0,
      check: ({ text }) => (text.length < 9 ? { pass: true } : { pass: false, feedback: 'No.' }),
    })
    const first = router({ classify: () => 'default', routes: { default: model('a', costing('one', 1)) } })
    const tiers = [
      { model: first, evaluate: () => false },
      { model: model('b', costing('much too long', 9)) },
      { model: model('c', 'three') },
    ]
    const { text, _meta } = await generate(ask, {
      model: cascade({ tiers, budget: { maxCost: 5 } }),
      constraints: [short],
      input,
    })
    expect([text, _meta.cascade?.budgetExceeded]).toEqual(['one', true])
    expect(_meta).toMatchObject({
      modelId: 'a',
      router: { selectedModel: 'a' },
      constraints: {
        allPassed: true,
        entries: [
          { attempt: 1, pass: true },
          { attempt: 2, pass: false },
        ],
      },
    })
  })
})

test('AI-44 AI-36 a result that ends in tool calls is returned from any tier, not evaluated', async () => {
  const evaluate = vi.fn<() => boolean>(() => false)
  const tiers = [
    { model: model('a', { tools: [{ name: 'confirm', input: {} }] }), evaluate },
    { model: model('b') },
  ]
  const { _meta } = await generate(ask, {
    model: cascade({ tiers }),
    input,
    tools: { confirm: tool({ inputSchema: z.object({}) }) },
  })
  expect(evaluate).not.toHaveBeenCalled()
  expect(_meta).toMatchObject({ finishReason: 'tool-calls', cascade: { acceptedAtTier: 0 } })
})

describe('AI-43 AI-44 AIT-50 combinators nest', () => {
  const busy = new APICallError({
    message: 'busy',
    url: 'https://x.test',
    requestBodyValues: {},
    statusCode: 503,
  })

  test('router to cascade', async () => {
    const chosen = cascade({
      tiers: [{ model: model('a', 'not sure'), evaluate: sure }, { model: model('b', 'yes') }],
    })
    const routed = router({ classify: () => 'hard', routes: { default: model('c'), hard: chosen } })
    const { text, _meta } = await generate(ask, { model: routed, input })
    expect(text).toBe('yes')
    expect(_meta).toMatchObject({
      router: { classifiedAs: 'hard', selectedModel: 'cascade' },
      cascade: { acceptedAtTier: 1 },
    })
  })

  test('cascade to router to fallback', async () => {
    const classify = vi.fn<(given: { question: string }) => string>(({ question }) =>
      question === 'Why?' ? 'default' : 'other',
    )
    const tier = router({
      classify,
      routes: { default: fallback(model('a', { error: busy }), model('b', 'yes')) },
    })
    const evaluate = vi.fn<() => boolean>(() => true)
    const { text, _meta } = await generate(ask, {
      model: cascade({ tiers: [{ model: tier, evaluate }, { model: model('d') }] }),
      input,
    })
    expect(text).toBe('yes')
    expect(_meta).toMatchObject({
      modelId: 'b',
      fallback: { failedModels: ['a'] },
      router: { classifiedAs: 'default' },
      cascade: {
        tiers: [
          { model: 'a|b', status: 'accepted' },
          { model: 'd', status: 'skipped' },
        ],
      },
    })
  })

  test('AI-41 the fallbacks of all tiers tell of every attempt, those that served at once too', async () => {
    const down = (id: string) => model(id, { error: busy }, { error: busy })
    const tiers = [
      { model: fallback(model('a', 'no'), model('b')), evaluate: () => false },
      { model: fallback(down('c'), model('d', 'no')), evaluate: () => false },
      { model: fallback(down('c'), model('e', 'yes')) },
    ]
    const { _meta } = await generate(ask, { model: cascade({ tiers }), input })
    expect(_meta.fallback?.details.map(({ model, status }) => `${model} ${status}`)).toEqual([
      'a served',
      'c failed',
      'd served',
      'c failed',
      'e served',
    ])
    expect(_meta.fallback).toMatchObject({ attempts: 5, failedModels: ['c'] })
  })

  test('a tier that leads to a cascade is refused before it is asked', async () => {
    const inner = router({
      classify: () => 'default',
      routes: { default: cascade({ tiers: [{ model: model('a') }] }) },
    })
    const error = await rejection(generate(ask, { model: cascade({ tiers: [{ model: inner }] }), input }))
    expect(error).toMatchObject({
      code: 'usage',
      message: 'generate(): tier 0 of the cascade leads to a cascade(); keep one',
    })
  })
})
