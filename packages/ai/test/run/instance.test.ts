import {
  aiSdkProviderRuntime,
  cascade,
  createCruxAi,
  fallback,
  generate,
  generateObjectFn,
  generateTextFn,
  liveSdkGateway,
  prompt,
  router,
  type ModelSource,
} from '@crux/ai'
import { scriptedGateway, scriptedModel, type ScriptStep } from '@crux/ai/testing'
import { createGenerateObjectFnFromGenerate } from '@crux/core/compaction'
import { generateText, isStepCount, tool } from 'ai'
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'

const ask = prompt({ id: 'ask', system: 'Be short.', prompt: 'Hello.' })
const schema = z.object({ n: z.number() })

describe('AI-70 createCruxAi()', () => {
  test('AIT-82 a gateway sees exactly the arguments of the SDK', async () => {
    const gateway = scriptedGateway({ generateText: (options) => generateText(options) })
    const model = scriptedModel(['Hi.'])
    const tools = { look: tool({ inputSchema: z.object({}) }) }
    const passedOn = {
      activeTools: ['look'],
      toolChoice: 'auto' as const,
      headers: { a: 'b' },
      maxRetries: 1,
      providerOptions: { own: { a: 1 } },
      telemetry: { isEnabled: false },
      repairToolCall: async () => null,
      onStepEnd: () => {},
      stopWhen: isStepCount(2),
    }
    const { signal } = new AbortController()
    await createCruxAi({ gateway }).generate(ask, {
      model,
      tools,
      maxTokens: 5,
      abortSignal: signal,
      ...passedOn,
    })
    expect(gateway.calls.generateText).toEqual([
      {
        model,
        messages: [{ role: 'user', content: 'Hello.' }],
        instructions: 'Be short.',
        tools,
        maxOutputTokens: 5,
        abortSignal: expect.any(AbortSignal),
        ...passedOn,
        toolApproval: expect.any(Function),
        prepareStep: expect.any(Function),
        onLanguageModelCallEnd: expect.any(Function),
        onToolExecutionStart: expect.any(Function),
        onToolExecutionEnd: expect.any(Function),
      },
    ])
    expect(gateway.calls.generateText[0]?.model).toBe(model)
  })

  test('AIT-82 what was not asked for is left out', async () => {
    const gateway = scriptedGateway({ generateText: (options) => generateText(options) })
    await createCruxAi({ gateway }).generate({ prompt: 'Hello.' }, { model: scriptedModel(['Hi.']) })
    const hooks = ['onLanguageModelCallEnd', 'onToolExecutionEnd', 'onToolExecutionStart', 'prepareStep']
    expect(Object.keys(gateway.calls.generateText[0] ?? {}).toSorted()).toEqual(
      ['messages', 'model', 'stopWhen', ...hooks].toSorted(),
    )
  })

  test('AIT-82 options of a call win over those of the instance', async () => {
    const crux = createCruxAi({ cost: () => 1, gateway: liveSdkGateway() })
    const own = await crux.generate(ask, { model: scriptedModel(['Hi.']) })
    const ofCall = await crux.generate(ask, { model: scriptedModel(['Hi.']), cost: () => 2 })
    expect([own._meta.cost, ofCall._meta.cost]).toEqual([1, 2])
  })

  test('AIT-82 countTokens counts for budgets', async () => {
    const countTokens = vi.fn<(text: string) => number>(() => 1)
    const model = scriptedModel(['Hi.'])
    await createCruxAi({ countTokens }).generate(ask, { model, tokenBudget: 100 })
    expect(countTokens).toHaveBeenCalled()
  })

  test('is frozen, and what the runtime of the AI SDK makes', () => {
    expect(aiSdkProviderRuntime).toMatchObject({ id: 'ai-sdk', loop: 'sdk' })
    expect(Object.keys(aiSdkProviderRuntime.create()).toSorted()).toEqual([
      'embedding',
      'generate',
      'generateObjectFn',
      'generateTextFn',
      'reranker',
      'stream',
    ])
    expect(Object.isFrozen(createCruxAi())).toBe(true)
  })
})

describe('AI-71 AIT-27 one-off functions', () => {
  const busy = Object.assign(new Error('busy'), { statusCode: 503 })
  const sources: [name: string, make: (step: ScriptStep) => ModelSource][] = [
    ['a model', (step) => scriptedModel([step])],
    ['a fallback', (step) => fallback(scriptedModel([{ error: busy }]), scriptedModel([step]))],
    ['a router', (step) => router({ classify: () => 'default', routes: { default: scriptedModel([step]) } })],
    ['a cascade', (step) => cascade({ tiers: [{ model: scriptedModel([step]) }] })],
  ]

  test.each(sources)('give exactly their field, with %s', async (_name, source) => {
    const asked = { system: 'Be short.', prompt: 'A number.' }
    expect(await generateTextFn({ ...asked, model: source('5') })).toStrictEqual({ text: '5' })
    const fenced = '```\n{"n":5}\n```'
    expect(await generateObjectFn({ ...asked, model: source(fenced), schema })).toStrictEqual({
      object: { n: 5 },
    })
    const fromGenerate = createGenerateObjectFnFromGenerate(generate)
    expect(await fromGenerate({ ...asked, model: source(fenced), schema })).toStrictEqual({
      object: { n: 5 },
    })
  })

  test('send system and prompt, and nothing else', async () => {
    const model = scriptedModel(['5'])
    await generateTextFn({ model, system: 'Be short.', prompt: 'A number.' })
    expect(model.calls[0]?.prompt).toEqual([
      { role: 'system', content: 'Be short.' },
      expect.objectContaining({ role: 'user', content: [expect.objectContaining({ text: 'A number.' })] }),
    ])
    expect(model.calls).toHaveLength(1)
  })

  test('end with the signal', async () => {
    const reason = new Error('left')
    const options = {
      model: scriptedModel(['5']),
      prompt: 'A number.',
      abortSignal: AbortSignal.abort(reason),
    }
    await expect(generateTextFn(options)).rejects.toBe(reason)
    await expect(generateObjectFn({ ...options, schema })).rejects.toBe(reason)
  })
})
