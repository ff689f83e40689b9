import { cascade, fallback, router } from '@crux/ai'
import { scriptedModel } from '@crux/ai/testing'
import { describe, expect, test } from 'vitest'

const model = scriptedModel([])
const tiers = cascade({ tiers: [{ model }] })
const routes = router({ classify: () => 'default', routes: { default: model } })

const misuse = (message: string) => expect.objectContaining({ code: 'usage', message })

describe('AI-38 AI-101 AIT-13 fallback() refuses what could not run', () => {
  test.each<[args: unknown[], message: string]>([
    [[], 'fallback(): needs at least 2 models, got 0'],
    [[model], 'fallback(): needs at least 2 models, got 1'],
    [[model, { timeoutMs: 5 }], 'fallback(): needs at least 2 models, got 1'],
    [[model, tiers], 'fallback(): model 2 is a cascade(); put the fallback inside a tier'],
    [[tiers, model], 'fallback(): model 1 is a cascade(); put the fallback inside a tier'],
    [[model, routes], 'fallback(): model 2 is a router(); put the fallback inside a route'],
    [[model, undefined], 'fallback(): model 2 must be a LanguageModel, got undefined'],
    [[model, '', model], 'fallback(): model 2 must be a LanguageModel, got string'],
    [[model, { timeoutMs: 5 }, model], 'fallback(): model 2 must be a LanguageModel, got object'],
    [[{ specificationVersion: 'v1' }, model], 'fallback(): model 1 must be a LanguageModel, got object'],
    [[model, [model]], 'fallback(): model 2 must be a LanguageModel, got array'],
    [
      [model, model, { timeoutMs: 0 }],
      'fallback(): timeoutMs must be an integer from 1 to 2147483647, got 0',
    ],
    [
      [model, model, { timeoutMs: 2 ** 31 }],
      'fallback(): timeoutMs must be an integer from 1 to 2147483647, got 2147483648',
    ],
    [
      [model, model, { on: ['rate_limit', 'teapot'] }],
      'fallback(): on names unknown category "teapot"; known: rate_limit, timeout, server_error, connection_error, auth_error, validation_exhausted',
    ],
    [[model, model, { on: 'rate_limit' }], 'fallback(): on must be a list of categories, got string'],
    [[model, model, { shouldFallback: true }], 'fallback(): shouldFallback must be a function, got true'],
    [[model, model, { onAttemptError: 'log' }], 'fallback(): onAttemptError must be a function, got string'],
  ])('%#', (args, message) => {
    expect(() => Reflect.apply(fallback, undefined, args)).toThrow(misuse(message))
  })

  test('two models and empty options will do', () => {
    expect(fallback('a', 'b', {}).modelId).toBe('a|b')
  })
})

describe('AI-43 AI-101 AIT-13 router() refuses what could not run', () => {
  const classify = () => 'default'
  test.each<[options: unknown, message: string]>([
    [{ classify, routes: {} }, 'router(): routes.default is missing'],
    [{ classify, routes: { large: model } }, 'router(): routes.default is missing'],
    [{ classify, routes: Object.create({ default: model }) }, 'router(): routes.default is missing'],
    [{ classify }, 'router(): routes.default is missing'],
    [{ routes: { default: model } }, 'router(): classify must be a function, got undefined'],
    [
      { classify, routes: { default: undefined } },
      'router(): routes.default must be a LanguageModel, fallback(), router() or cascade(), got undefined',
    ],
    [
      { classify, routes: { default: model, large: { model } } },
      'router(): routes.large must be a LanguageModel, fallback(), router() or cascade(), got object',
    ],
  ])('%#', (options, message) => {
    expect(() => router(options as never)).toThrow(misuse(message))
  })
})
