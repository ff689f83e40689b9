import { GuardrailBlockedError, fallback, guardrail, type Guardrail } from '@crux/ai'
import { scriptedModel } from '@crux/ai/testing'
import { APICallError, generateText, isStepCount, Output, tool } from 'ai'
import { describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { startGuards } from '../../src/safety/guard-session.ts'

type ModelResult = Awaited<ReturnType<ReturnType<typeof scriptedModel>['doGenerate']>>

const outputGuard = (validate: NonNullable<Guardrail['validate']>, name = 'guard') =>
  guardrail({ name, phase: 'output', validate })

const mask = outputGuard((text) =>
  text.includes('secret')
    ? { action: 'redact', content: text.replaceAll('secret', '[x]') }
    : { action: 'pass' },
)
const block = outputGuard((text) =>
  text.includes('secret') ? { action: 'block', reason: 'leaks' } : { action: 'pass' },
)

function guarded(model: ReturnType<typeof scriptedModel>, ...guards: Guardrail[]) {
  const session = startGuards(guards, { promptId: 'p' })
  if (session === undefined) throw new Error('no guards')
  return { model: session.wrap(model), entries: session.entries }
}

/** A model that answers with this result. */
const resulting = (result: Partial<ModelResult>) => {
  const model = scriptedModel(['x'])
  return {
    ...model,
    doGenerate: async (options: Parameters<typeof model.doGenerate>[0]) => ({
      ...(await model.doGenerate(options)),
      ...result,
    }),
  }
}

const look = () => {
  const execute = vi.fn<() => string>(() => 'seen')
  return { execute, tools: { look: tool({ inputSchema: z.looseObject({}), execute }) } }
}

describe('AI-47 AIT-53 a rewrite', () => {
  test('shows in text, messages and the next prompt; the audit lacks the original', async () => {
    const { tools } = look()
    const script = scriptedModel([
      { text: 'a secret', tools: [{ name: 'look', input: { note: 'secret' } }] },
      'no more secret',
    ])
    const { model, entries } = guarded(script, mask)
    const result = await generateText({ model, prompt: 'go', tools, stopWhen: isStepCount(3) })
    expect(result.text).toBe('no more [x]')
    expect(result.steps[0]?.text).toBe('a [x]')
    expect(JSON.stringify(result.responseMessages)).not.toContain('a secret')
    expect(script.calls[1]?.prompt[1]).toMatchObject({
      content: [
        { type: 'text', text: 'a [x]' },
        { type: 'tool-call', input: { note: 'secret' } },
      ],
    })
    expect(entries()).toEqual([
      { name: 'guard', phase: 'output', action: 'redact', step: 0 },
      { name: 'guard', phase: 'output', action: 'redact', step: 1 },
    ])
    expect(JSON.stringify(entries())).not.toContain('secret')
  })

  test('AIT-58 of structured text changes the object, and one that breaks it fails', async () => {
    const output = Output.object({ schema: z.object({ name: z.string() }) })
    const script = () => scriptedModel([{ object: { name: 'secret' } }])
    const { model } = guarded(script(), mask)
    expect((await generateText({ model, prompt: 'go', output })).output).toEqual({ name: '[x]' })
    const breaking = guarded(
      script(),
      outputGuard((text) => ({ action: 'transform', content: text.slice(0, -1) })),
    )
    await expect(generateText({ model: breaking.model, prompt: 'go', output })).rejects.toThrow(
      'could not parse',
    )
  })

  test('of every text block by itself; reasoning and files pass', async () => {
    const content: ModelResult['content'] = [
      { type: 'reasoning', text: 'a secret' },
      { type: 'text', text: 'secret one' },
      { type: 'file', mediaType: 'text/plain', data: { type: 'data', data: 'c2VjcmV0' } },
      { type: 'text', text: 'two' },
    ]
    const { model } = guarded(resulting({ content }), mask)
    const result = await model.doGenerate({ prompt: [] })
    expect(result.content).toEqual([content[0], { type: 'text', text: '[x] one' }, content[2], content[3]])
  })

  test('takes along what the provider says about the original: its id, its citations', async () => {
    const providerMetadata = { openai: { itemId: 'msg_1' } }
    const citations = [
      { source: { type: 'source', sourceType: 'url', id: '1', url: 'https://a.test' } as const },
    ]
    const facts = { providerMetadata, citations }
    const content: ModelResult['content'] = [
      { type: 'text', text: 'secret', ...facts },
      { type: 'text', text: 'fine', ...facts },
    ]
    const { model } = guarded(resulting({ content }), mask)
    const result = await model.doGenerate({ prompt: [] })
    expect(result.content).toEqual([{ type: 'text', text: '[x]' }, content[1]])
  })

  test('of the text that the object is read from, where a provider names one', async () => {
    const content: ModelResult['content'] = [
      { type: 'text', text: 'draft secret' },
      { type: 'text', text: 'secret' },
    ]
    const validate = vi.fn<NonNullable<Guardrail['validate']>>((text) => ({
      action: 'redact',
      content: `[${text.length}]`,
    }))
    for (const [structuredOutputText, expected, calls] of [
      ['secret', '[6]', 2],
      ['another secret', '[14]', 3],
      ['', '', 2],
    ] as const) {
      validate.mockClear()
      const { model } = guarded(resulting({ content, structuredOutputText }), outputGuard(validate))
      expect((await model.doGenerate({ prompt: [] })).structuredOutputText).toBe(expected)
      expect(validate).toHaveBeenCalledTimes(calls)
    }
  })

  test('AI-49 the raw response is dropped, its id and headers stay', async () => {
    const response = { id: '1', modelId: 'm', headers: { a: 'b' }, body: 'a secret' }
    const { model } = guarded(resulting({ response }), mask)
    const result = await model.doGenerate({ prompt: [] })
    expect(result.response).toEqual({ id: '1', modelId: 'm', headers: { a: 'b' } })
  })
})

describe('AI-47 AIT-54 a block', () => {
  test('throws with its phase after one model call, and no tool of that step runs', async () => {
    const { tools, execute } = look()
    const script = scriptedModel([{ text: 'a secret', tools: [{ name: 'look', input: {} }] }])
    const { model, entries } = guarded(script, block)
    const answer = generateText({ model, prompt: 'go', tools, stopWhen: isStepCount(3) })
    await expect(answer).rejects.toThrow(GuardrailBlockedError)
    await expect(answer).rejects.toMatchObject({ phase: 'output', guardrail: 'guard', reason: 'leaks' })
    expect(script.calls).toHaveLength(1)
    expect(execute).not.toHaveBeenCalled()
    expect(entries()).toEqual([{ name: 'guard', phase: 'output', action: 'block', reason: 'leaks', step: 0 }])
  })

  test('AI-45 AIT-55 so does a malformed result', async () => {
    const { model } = guarded(
      scriptedModel(['hi']),
      outputGuard(() => ({ action: 'fine' }) as never),
    )
    await expect(generateText({ model, prompt: 'go' })).rejects.toMatchObject({
      reason: 'malformed guard result',
    })
  })

  test('is not tried on another model of a fallback', async () => {
    const other = scriptedModel(['fine'])
    const session = startGuards([block])
    const model = session?.wrap(fallback(scriptedModel(['a secret']), other)) ?? ''
    await expect(generateText({ model, prompt: 'go' })).rejects.toThrow(GuardrailBlockedError)
    expect(other.calls).toHaveLength(0)
  })
})

describe('AI-48 in generate a block is one piece', () => {
  const pieces = (onChunk: NonNullable<Guardrail['onChunk']>, more: Partial<Guardrail> = {}) =>
    guardrail({ name: 'pieces', phase: 'output', onChunk, ...more })

  test('which is the last one', async () => {
    const onChunk = vi.fn<NonNullable<Guardrail['onChunk']>>(() => ({ action: 'pass' }))
    const { model } = guarded(scriptedModel([{ chunks: ['one ', 'two'] }]), pieces(onChunk))
    await generateText({ model, prompt: 'go' })
    expect(onChunk.mock.calls).toEqual([
      ['one two', 'one two', { promptId: 'p', phase: 'output', step: 0, last: true }],
    ])
  })

  test('AIT-57 hold blocks', async () => {
    const { model } = guarded(
      scriptedModel(['hi']),
      pieces(() => ({ action: 'hold' })),
    )
    await expect(generateText({ model, prompt: 'go' })).rejects.toMatchObject({
      reason: 'still held at the end',
    })
  })

  test('validate beside onChunk judges what went through, and a rewrite of it blocks', async () => {
    const onChunk = () => ({ action: 'transform', content: 'through' }) as const
    const validate = vi.fn<NonNullable<Guardrail['validate']>>(() => ({ action: 'warn', reason: 'noted' }))
    const warned = guarded(scriptedModel(['hi']), pieces(onChunk, { validate }))
    expect((await generateText({ model: warned.model, prompt: 'go' })).text).toBe('through')
    expect(validate).toHaveBeenCalledExactlyOnceWith('through', expect.objectContaining({ last: true }))
    validate.mockReturnValue({ action: 'redact', content: '' })
    const late = guarded(scriptedModel(['hi']), pieces(onChunk, { validate }))
    await expect(generateText({ model: late.model, prompt: 'go' })).rejects.toMatchObject({
      reason: 'rewrite came too late',
    })
    expect(late.entries().map(({ action }) => action)).toEqual(['transform', 'block'])
  })
})

describe('AI-45 AI-49 several guards', () => {
  test('AIT-55 each sees what the one before has let through', async () => {
    const seen: string[] = []
    const watch = outputGuard((text) => {
      seen.push(text)
      return { action: 'pass' }
    }, 'watch')
    const { model } = guarded(scriptedModel(['a secret']), mask, watch)
    await generateText({ model, prompt: 'go' })
    expect(seen).toEqual(['a [x]'])
  })

  test('a text that became empty, or was, is shown to no guard', async () => {
    const drop = outputGuard(() => ({ action: 'redact', content: '' }), 'drop')
    const { model, entries } = guarded(scriptedModel(['hi', { text: '' }]), drop, block)
    const { text, responseMessages } = await generateText({ model, prompt: 'go' })
    expect([text, responseMessages]).toEqual(['', []])
    await generateText({ model, prompt: 'go' })
    expect(entries()).toHaveLength(1)
  })

  test('a call that the SDK sends again is no step', async () => {
    const error = new APICallError({
      message: 'busy',
      url: 'https://model.test',
      requestBodyValues: {},
      statusCode: 503,
      responseHeaders: { 'retry-after-ms': '1' },
    })
    const { model, entries } = guarded(scriptedModel([{ error }, 'a secret']), mask)
    await generateText({ model, prompt: 'go' })
    expect(entries()).toMatchObject([{ step: 0 }])
  })

  test('an input guard is not asked about output, nor the other way round', async () => {
    const validate = vi.fn<NonNullable<Guardrail['validate']>>(() => ({ action: 'pass' }))
    const session = startGuards([guardrail({ name: 'in', phase: 'input', validate }), mask])
    await generateText({ model: session?.wrap(scriptedModel(['hi'])) ?? '', prompt: 'go' })
    expect(validate).not.toHaveBeenCalled()
    await session?.checkInput([{ role: 'user', content: 'my secret' }])
    expect(session?.entries()).toEqual([])
    expect(validate).toHaveBeenCalledOnce()
  })
})

test('AI-47 the wrapper is the model to the SDK: same id, provider and urls', async () => {
  const supportedUrls = { 'image/*': [/^https:/] }
  const inner = { ...scriptedModel([], { id: 'm' }), provider: 'openai.responses', supportedUrls }
  const { model } = guarded(inner, mask)
  expect(model).toMatchObject({ specificationVersion: 'v4', modelId: 'm', provider: 'openai.responses' })
  expect(await model.supportedUrls).toBe(supportedUrls)
})
