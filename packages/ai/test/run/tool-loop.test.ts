import { generate, prompt, type GenerateReturn } from '@crux/ai'
import { scriptedModel } from '@crux/ai/testing'
import { hasToolCall, isStepCount, tool } from 'ai'
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'

const ask = prompt({ id: 'ask', system: 'Be short.', prompt: 'Add 1 and 2.' })

function adder() {
  const execute = vi.fn<(input: { a: number; b: number }) => Promise<number>>(async ({ a, b }) => a + b)
  return {
    execute,
    tools: { add: tool({ inputSchema: z.object({ a: z.number(), b: z.number() }), execute }) },
  }
}

const addCall = { tools: [{ name: 'add', input: { a: 1, b: 2 } }] }

/** What a model call was told by the last tool turn. */
function told(model: { calls: readonly { prompt: unknown }[] }, call: number): string {
  return JSON.stringify(model.calls[call]?.prompt)
}

describe('the call', () => {
  test('AI-21 AIT-14 the provider sees every setting, the call wins by key', async () => {
    const model = scriptedModel(['3'])
    const own = prompt({
      system: 'Be short.',
      prompt: 'Add.',
      settings: { temperature: 0.1, topK: 4, maxTokens: 50, stopSequences: ['.'] },
    })
    const headers = { 'x-a': 'b' }
    const providerOptions = { own: { a: 1 } }
    const settings = { temperature: 0.9, topP: 0.5, seed: 7, presencePenalty: 0.1, frequencyPenalty: 0.2 }
    const given = { headers, providerOptions, tools: adder().tools, toolChoice: 'none' as const }
    await generate(own, { model, ...settings, ...given, maxTokens: 60 })
    expect(model.calls[0]).toMatchObject({
      ...settings,
      maxOutputTokens: 60,
      topK: 4,
      stopSequences: ['.'],
      toolChoice: { type: 'none' },
      tools: [{ name: 'add' }],
      providerOptions,
      headers: expect.objectContaining(headers),
      prompt: [
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: [{ type: 'text', text: 'Add.' }] },
      ],
    })
  })

  test('AI-22 AI-23 the result has text, messages, steps and meta, and no object', async () => {
    const model = scriptedModel([{ text: '3', usage: { inputTokens: 5, outputTokens: 2 } }], { id: 'm' })
    const result = await generate(ask, { model })
    expect(result).toMatchObject({
      text: '3',
      messages: [
        { role: 'user', content: 'Add 1 and 2.' },
        { role: 'assistant', content: [{ type: 'text', text: '3' }] },
      ],
      steps: [{ text: '3' }],
      _meta: { usage: { inputTokens: 5, outputTokens: 2 }, finishReason: 'stop', modelId: 'm', attempts: 1 },
    })
    expect(result.raw?.text).toBe('3')
    expect(Object.keys(result._meta).toSorted()).toEqual([
      'attempts',
      'finishReason',
      'modelId',
      'responseId',
      'usage',
    ])
    expect('object' in result).toBe(false)
    expect('pendingApprovals' in result).toBe(false)
  })
})

describe('the tool loop', () => {
  test('AI-76 AIT-15 after a tool round the model is called again', async () => {
    const { execute, tools } = adder()
    const model = scriptedModel([addCall, 'It is 3.'])
    const result = await generate(ask, { model, tools })
    expect(result.text).toBe('It is 3.')
    expect(execute).toHaveBeenCalledOnce()
    expect(result.steps).toHaveLength(2)
    expect(result.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant'])
    expect(told(model, 1)).toContain('"value":3')
  })

  test('AI-21 AIT-15 an endless caller stops after 10 model calls', async () => {
    const { execute, tools } = adder()
    const model = scriptedModel(Array.from({ length: 20 }, () => addCall))
    const result = await generate(ask, { model, tools })
    expect(model.calls).toHaveLength(10)
    expect(execute).toHaveBeenCalledTimes(10)
    expect(result._meta.finishReason).toBe('tool-calls')
  })

  test('AI-21 AI-77 AIT-15 maxSteps 1 runs the tools of the only model call', async () => {
    const { execute, tools } = adder()
    const model = scriptedModel([addCall])
    const result = await generate(ask, { model, tools, maxSteps: 1 })
    expect(execute).toHaveBeenCalledOnce()
    expect(result.messages.at(-1)).toMatchObject({ role: 'tool', content: [{ output: { value: 3 } }] })
  })

  test.each([
    ['one condition', isStepCount(12)],
    ['a list', [hasToolCall('other'), isStepCount(12)]],
  ])('AI-21 AIT-15 stopWhen takes the place of maxSteps: %s', async (_name, stopWhen) => {
    const { tools } = adder()
    const model = scriptedModel(Array.from({ length: 20 }, () => addCall))
    await generate(ask, { model, tools, stopWhen, maxSteps: 3 })
    expect(model.calls).toHaveLength(12)
  })

  test.each([
    ['an unknown tool', { tools: [{ name: 'subtract', input: {} }] }, 0],
    ['arguments that fail the schema', { tools: [{ name: 'add', input: { a: 'one' } }] }, 0],
    ['a tool that throws', addCall, 1],
  ])('AI-30 AIT-16 the model is told of %s, and answers', async (_name, step, runs) => {
    const { execute, tools } = adder()
    execute.mockRejectedValue(new Error('no numbers today'))
    const model = scriptedModel([step, 'Sorry.'])
    const result = await generate(ask, { model, tools })
    expect(result.text).toBe('Sorry.')
    expect(execute).toHaveBeenCalledTimes(runs)
    expect(told(model, 1)).toMatch(/error-text|error-json/)
    expect(model.calls).toHaveLength(2)
  })

  test("AI-21 onStepEnd, prepareStep and repairToolCall are the SDK's own", async () => {
    const { execute, tools } = adder()
    const other = scriptedModel(['From the other.'])
    const model = scriptedModel([{ tools: [{ name: 'add', input: '{"a":1,"b":2' }] }])
    const onStepEnd = vi.fn<(step: { stepNumber: number }) => void>()
    const result = await generate(ask, {
      model,
      tools,
      onStepEnd,
      repairToolCall: async ({ toolCall }) => ({ ...toolCall, input: `${toolCall.input}}` }),
      prepareStep: ({ stepNumber }) => (stepNumber === 1 ? { model: other, instructions: 'Now end.' } : {}),
    })
    expect(execute).toHaveBeenCalledOnce()
    expect(result.text).toBe('From the other.')
    expect(told(other, 0)).toContain('Now end.')
    expect(onStepEnd.mock.calls.map(([{ stepNumber }]) => stepNumber)).toEqual([0, 1])
  })
})

describe('AIT-17 what comes back can be sent back', () => {
  async function goOn({ messages }: GenerateReturn, tools = {}) {
    const model = scriptedModel(['Fine.'])
    await generate(ask, { model, tools, messages: [...messages, { role: 'user', content: 'And now?' }] })
    return model
  }

  test('after a tool round', async () => {
    const { tools } = adder()
    const model = await goOn(await generate(ask, { model: scriptedModel([addCall, '3']), tools }), tools)
    expect(model.calls[0]?.prompt).toHaveLength(6)
  })

  test.each(['length', 'content-filter', 'error', 'other'] as const)(
    'AI-66 AI-98 after finish reason %s with calls that did not run',
    async (finishReason) => {
      const { execute, tools } = adder()
      const result = await generate(ask, { model: scriptedModel([{ ...addCall, finishReason }]), tools })
      expect(execute).not.toHaveBeenCalled()
      expect(result._meta.finishReason).toBe(finishReason)
      const model = await goOn(result, tools)
      expect(told(model, 0)).toContain(`not executed: model stopped with ${finishReason}`)
      expect(execute).not.toHaveBeenCalled()
    },
  )

  test('AI-66 a call of a tool without execute stays open for the application', async () => {
    const tools = { ...adder().tools, confirm: tool({ inputSchema: z.object({}) }) }
    const model = scriptedModel([
      {
        tools: [
          { name: 'confirm', input: {} },
          { name: 'add', input: { a: 1, b: 2 } },
        ],
        finishReason: 'length',
      },
    ])
    const { messages } = await generate(ask, { model, tools })
    expect(messages.at(-1)).toMatchObject({
      role: 'tool',
      content: [{ type: 'tool-result', toolName: 'add' }],
    })
  })
})
