import { constraint, context, generate, guardrail, prompt, type Guardrail } from '@crux/ai'
import { scriptedModel } from '@crux/ai/testing'
import { tool } from 'ai'
import { describe, expect, test, vi } from 'vitest'
import { z } from 'zod'

const masked = (text: string) => text.replaceAll('secret', '[x]')
const mask = (phase: 'input' | 'output', name = 'mask') =>
  guardrail({
    name,
    phase,
    validate: (text) =>
      text.includes('secret') ? { action: 'redact', content: masked(text) } : { action: 'pass' },
  })
const blocking = (phase: 'input' | 'output') =>
  guardrail({ name: 'block', phase, validate: () => ({ action: 'block', reason: 'no' }) })

const ask = prompt({ id: 'ask', prompt: 'my secret' })

describe('AI-46 AIT-52 input guards in generate', () => {
  test('a block makes no model call', async () => {
    const model = scriptedModel(['hi'])
    await expect(generate(ask, { model, guardrails: [blocking('input')] })).rejects.toMatchObject({
      name: 'GuardrailBlockedError',
      phase: 'input',
      guardrail: 'block',
    })
    expect(model.calls).toHaveLength(0)
  })

  test('a redaction reaches provider and messages, but no turn before the last answer', async () => {
    const model = scriptedModel(['hi'])
    const { messages, _meta } = await generate(ask, {
      model,
      guardrails: [mask('input')],
      messages: [
        { role: 'user', content: 'old secret' },
        { role: 'assistant', content: 'noted' },
        { role: 'user', content: 'new secret' },
      ],
    })
    const turns = ['old secret', 'noted', 'new [x]']
    expect(model.calls[0]?.prompt.map(({ content }) => content)).toEqual(
      turns.map((text) => [{ type: 'text', text }]),
    )
    expect(messages.slice(0, 3).map(({ content }) => content)).toEqual(turns)
    expect(_meta.guardrails).toEqual([{ name: 'mask', phase: 'input', action: 'redact' }])
  })

  test('run once, not for each step or correction', async () => {
    const validate = vi.fn<NonNullable<Guardrail['validate']>>(() => ({ action: 'pass' }))
    const answer = prompt({ prompt: 'hello', output: z.object({ sum: z.number() }) })
    await generate(answer, {
      model: scriptedModel(['no object', { object: { sum: 4 } }]),
      validationRetry: {},
      guardrails: [guardrail({ name: 'in', phase: 'input', validate })],
    })
    expect(validate).toHaveBeenCalledOnce()
  })
})

describe('AI-47 output guards in generate', () => {
  test('AIT-53 a redaction shows in text, messages and the next prompt; nothing given back has the original', async () => {
    const model = scriptedModel([
      { text: 'a secret', tools: [{ name: 'look', input: {} }] },
      'no more secret',
    ])
    const result = await generate(prompt({ prompt: 'go' }), {
      model,
      tools: { look: tool({ inputSchema: z.object({}), execute: () => 'seen' }) },
      guardrails: [mask('output')],
    })
    expect(result.text).toBe('no more [x]')
    expect(model.calls[1]?.prompt[1]?.content).toMatchObject([{ text: 'a [x]' }, { type: 'tool-call' }])
    expect(result._meta.guardrails).toEqual([
      { name: 'mask', phase: 'output', action: 'redact', step: 0 },
      { name: 'mask', phase: 'output', action: 'redact', step: 1 },
    ])
    expect(JSON.stringify([result.messages, result.steps, result._meta])).not.toContain('secret')
  })

  test('AIT-54 a block throws with its phase, and the tool of that step does not run', async () => {
    const execute = vi.fn<() => string>(() => 'seen')
    const call = generate(ask, {
      model: scriptedModel([{ text: 'hi', tools: [{ name: 'look', input: {} }] }]),
      tools: { look: tool({ inputSchema: z.object({}), execute }) },
      guardrails: [blocking('output')],
    })
    await expect(call).rejects.toMatchObject({ phase: 'output', guardrail: 'block', reason: 'no' })
    expect(execute).not.toHaveBeenCalled()
  })

  test('AI-48 step counts all model calls, those of corrections too', async () => {
    const answer = prompt({ prompt: 'hello', output: z.object({ note: z.string() }) })
    const { object, _meta } = await generate(answer, {
      model: scriptedModel(['a secret, no object', { object: { note: 'secret' } }]),
      validationRetry: {},
      guardrails: [mask('output')],
    })
    expect(object).toEqual({ note: '[x]' })
    expect(_meta.guardrails?.map(({ step }) => step)).toEqual([0, 1])
  })

  test('AIT-58 a rewrite of structured text that breaks the schema fails, and the error has the guarded text', async () => {
    const answer = prompt({ prompt: 'hello', output: z.object({ sum: z.number() }) })
    const guard = guardrail({
      name: 'censor',
      phase: 'output',
      validate: (text) => ({ action: 'transform', content: text.replace('4', '"secret"') }),
    })
    const failed = generate(answer, {
      model: scriptedModel([{ object: { sum: 4 } }]),
      guardrails: [guard, mask('output')],
    })
    await expect(failed).rejects.toMatchObject({
      name: 'ValidationExhaustedError',
      lastRawOutput: '{"sum":"[x]"}',
    })
  })

  test('AI-35 AIT-61 constraints see the guarded text', async () => {
    const seen: string[] = []
    const watch = constraint({
      name: 'watch',
      check: ({ text }) => {
        seen.push(text)
        return { pass: true }
      },
    })
    const model = scriptedModel(['a secret'])
    await generate(ask, { model, guardrails: [mask('output')], constraints: [watch] })
    expect(seen).toEqual(['a [x]'])
  })

  test('AI-96 AIT-62 a model that prepareStep returns is guarded too', async () => {
    const other = scriptedModel(['another secret'])
    const { text } = await generate(ask, {
      model: scriptedModel([]),
      prepareStep: () => ({ model: other }),
      guardrails: [mask('output')],
    })
    expect(text).toBe('another [x]')
    expect(other.calls).toHaveLength(1)
  })
})

describe('AI-45 AIT-55 guards of contexts, prompt and call', () => {
  const adding = (letter: string, name = letter) =>
    guardrail({
      name,
      phase: 'output',
      validate: (text) => ({ action: 'transform', content: `${text}${letter}` }),
    })

  test('run in this order, and a nearer one replaces the same name', async () => {
    const near = prompt({
      prompt: 'go',
      use: [context({ system: 'Be short.', guardrails: [adding('1'), adding('2')] })],
      guardrails: [adding('3'), adding('4')],
    })
    const { text } = await generate(near, { model: scriptedModel(['>', '>']), guardrails: [adding('5')] })
    expect(text).toBe('>12345')
    const replaced = await generate(near, {
      model: scriptedModel(['>']),
      guardrails: [adding('c', '1'), adding('p', '3')],
    })
    expect(replaced.text).toBe('>24cp')
  })
})

test('AI-49 without guards there is no entry for them', async () => {
  const { _meta } = await generate(ask, { model: scriptedModel(['hi']) })
  expect(_meta).not.toHaveProperty('guardrails')
})
