import { createCruxAi, generate, prompt } from '@crux/ai'
import { scriptedModel, type ScriptStep } from '@crux/ai/testing'
import { tool, type ProviderMetadata } from 'ai'
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'

const ask = prompt({ prompt: 'Hello.' })
const tools = { look: tool({ inputSchema: z.object({}), execute: async () => 'seen' }) }
const look: ScriptStep = { tools: [{ name: 'look', input: {} }] }

describe('AI-23 AIT-18 usage', () => {
  test('is that of all steps and retries; what nobody reports is undefined', async () => {
    const model = scriptedModel([
      { ...look, usage: { inputTokens: 10, outputTokens: 1 } },
      { text: 'no', usage: { inputTokens: 20 } },
      { object: 5, usage: { inputTokens: 30, outputTokens: 3 } },
    ])
    const number = prompt({ prompt: 'A number.', output: z.number() })
    const { _meta } = await generate(number, { model, tools, validationRetry: {} })
    expect(_meta.usage).toMatchObject({ inputTokens: 60, outputTokens: 4 })
    expect(_meta.usage.inputTokenDetails.cacheReadTokens).toBeUndefined()
  })

  test('stays undefined where it is not reported', async () => {
    const { _meta } = await generate(ask, { model: scriptedModel(['Hi.']) })
    expect([_meta.usage.inputTokens, _meta.usage.outputTokens]).toEqual([undefined, undefined])
    expect(_meta).not.toHaveProperty('cost')
  })
})

describe('AI-24 AIT-18 cost', () => {
  const costOf = async (...metadata: ProviderMetadata[]) => {
    const steps = metadata.map((providerMetadata, index) =>
      index === metadata.length - 1 ? { text: 'Hi.', providerMetadata } : { ...look, providerMetadata },
    )
    return (await generate(ask, { model: scriptedModel(steps), tools }))._meta.cost
  }

  test('is what OpenRouter reports, else the gateway, over all steps', async () => {
    expect(await costOf({ openrouter: { usage: { cost: 0.5 } } }, { gateway: { cost: '0.25' } })).toBe(0.75)
    expect(await costOf({ openrouter: { usage: { cost: 0.5 } }, gateway: { cost: 9 } })).toBe(0.5)
    expect(await costOf({ gateway: { cost: 0 } })).toBe(0)
  })

  test.each<ProviderMetadata>([
    { gateway: { cost: '' } },
    { gateway: { cost: 'free' } },
    { gateway: { cost: -1 } },
    { openrouter: {} },
    {},
  ])('is unknown with %o', async (metadata) => {
    expect(await costOf(metadata)).toBeUndefined()
  })

  test('is what the option says of each step; what is no cost is left out', async () => {
    const cost = vi.fn<() => number | undefined>().mockReturnValueOnce(2).mockReturnValueOnce(Number.NaN)
    const crux = createCruxAi({ cost })
    expect((await crux.generate(ask, { model: scriptedModel([look, 'Hi.']), tools }))._meta.cost).toBe(2)
  })
})
