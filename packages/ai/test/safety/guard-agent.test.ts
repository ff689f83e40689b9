import { fallback, guardrail, type Guardrail } from '@crux/ai'
import { scriptedModel } from '@crux/ai/testing'
import { generateText, streamText, ToolLoopAgent, tool, type ModelMessage } from 'ai'
import { describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { wrapForAgent } from '../../src/safety/guard-session.ts'

type Validate = NonNullable<Guardrail['validate']>

const masking = () =>
  vi.fn<Validate>((text) => ({ action: 'redact', content: text.replaceAll('secret', '[x]') }))

describe('AI-7 AI-46 AI-47 guards in an agent', () => {
  test('input guards look at every user turn of every model call, and the model sees only what they let through', async () => {
    const validate = masking()
    const script = scriptedModel([{ tools: [{ name: 'look', input: {} }] }, 'done'])
    const model = wrapForAgent(script, [guardrail({ name: 'in', phase: 'input', validate })], {
      promptId: 'p',
    })
    const look = tool({ inputSchema: z.object({}), execute: () => 'seen' })
    await new ToolLoopAgent({ model, tools: { look } }).generate({
      messages: [
        { role: 'user', content: 'old secret' },
        { role: 'assistant', content: 'a secret of mine' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'new' },
            { type: 'text', text: 'secret' },
          ],
        },
      ],
    })
    expect(script.calls).toHaveLength(2)
    for (const { prompt } of script.calls) {
      expect(prompt.slice(0, 3)).toMatchObject([
        { role: 'user', content: [{ text: 'old [x]' }] },
        { role: 'assistant', content: [{ text: 'a secret of mine' }] },
        { role: 'user', content: [{ text: 'new\n[x]' }] },
      ])
      expect(prompt[2]?.content).toHaveLength(1)
    }
    const context = { promptId: 'p', phase: 'input', step: 0, last: true }
    expect(validate.mock.calls.slice(2)).toEqual([
      ['old secret', context],
      ['new\nsecret', context],
    ])
  })

  test('AIT-52 a block calls no model', async () => {
    const script = scriptedModel(['hi'])
    const validate: Validate = () => ({ action: 'block', reason: 'no' })
    const agent = new ToolLoopAgent({
      model: wrapForAgent(script, [guardrail({ name: 'in', phase: 'input', validate })]),
    })
    await expect(agent.generate({ prompt: 'hello' })).rejects.toMatchObject({
      phase: 'input',
      guardrail: 'in',
    })
    expect(script.calls).toHaveLength(0)
  })

  test('output guards see every step and its number, in both kinds of call, with a fallback behind them', async () => {
    const validate = masking()
    const call = { text: 'a secret', tools: [{ name: 'look', input: {} }] }
    const script = scriptedModel([call, 'the secret', call, 'the secret'])
    const failing = scriptedModel(Array.from({ length: 4 }, () => ({ error: new TypeError('fetch failed') })))
    const model = wrapForAgent(fallback(failing, script), [
      guardrail({ name: 'out', phase: 'output', validate }),
    ])
    const look = tool({ inputSchema: z.object({}), execute: () => 'seen' })
    const agent = new ToolLoopAgent({ model, tools: { look } })
    const messages: ModelMessage[] = [
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'hi' },
      { role: 'user', content: 'go on' },
    ]
    expect((await agent.generate({ messages })).text).toBe('the [x]')
    expect(await (await agent.stream({ prompt: 'hello' })).text).toBe('the [x]')
    expect(validate.mock.calls.map(([text, { step }]) => [text, step])).toEqual([
      ['a secret', 0],
      ['the secret', 1],
      ['a secret', 0],
      ['the secret', 1],
    ])
  })

  test('AI-49 input guards alone leave the answer as it came, the raw response included', async () => {
    const script = scriptedModel(['a secret'])
    const response = { id: '1', body: 'a secret' }
    const answering = {
      ...script,
      doGenerate: async (options: Parameters<typeof script.doGenerate>[0]) => ({
        ...(await script.doGenerate(options)),
        response,
      }),
    }
    const guard = guardrail({ name: 'in', phase: 'input', validate: masking() })
    const { text, response: got } = await generateText({
      model: wrapForAgent(answering, [guard]),
      prompt: 'hello',
      include: { responseBody: true },
    })
    expect([text, got.body]).toEqual(['a secret', response.body])
    const stream = new ReadableStream({
      start: (controller) => {
        controller.enqueue({ type: 'raw', rawValue: 'a secret' })
        controller.close()
      },
    })
    const streaming = { ...script, doStream: async () => ({ stream }) }
    const { fullStream } = streamText({
      model: wrapForAgent(streaming, [guard]),
      prompt: 'hello',
      include: { rawChunks: true },
    })
    const types: string[] = []
    for await (const { type } of fullStream) types.push(type)
    expect(types).toContain('raw')
  })

  test('AI-49 without guards the model is the very object given', () => {
    const model = scriptedModel([])
    expect(wrapForAgent(model, [])).toBe(model)
    expect(wrapForAgent('by/name', [])).toBe('by/name')
  })
})
