import { generate, guardrail, prompt, stream, type Guardrail } from '@crux/ai'
import { scriptedModel } from '@crux/ai/testing'
import { tool } from 'ai'
import { describe, expect, test, vi } from 'vitest'
import { z } from 'zod'

const go = prompt({ id: 'go', prompt: 'go' })

const masked = (text: string) => text.replaceAll('secret', '[x]')
const mask = guardrail({
  name: 'mask',
  phase: 'output',
  validate: (text) => ({ action: 'redact', content: masked(text) }),
})
const maskWords = guardrail({
  name: 'mask',
  phase: 'output',
  onChunk: (chunk, _accumulated, { last }) =>
    last || chunk.endsWith(' ') ? { action: 'redact', content: masked(chunk) } : { action: 'hold' },
})

async function read(texts: AsyncIterable<string>) {
  const seen: string[] = []
  for await (const text of texts) seen.push(text)
  return seen
}

describe('AI-48 AIT-56 a word split over two chunks is rewritten in deltas and completion', () => {
  test.each<[title: string, guard: Guardrail, deltas: string[]]>([
    ['by full buffering', mask, ['my [x] is safe']],
    ['by hold', maskWords, ['my [x] ', 'is ', 'safe']],
  ])('%s', async (_title, guard, deltas) => {
    const model = scriptedModel([{ chunks: ['my sec', 'ret ', 'is ', 'safe'] }])
    const { textStream, completion } = await stream(go, { model, guardrails: [guard] })
    expect(await read(textStream)).toEqual(deltas)
    const done = await completion
    expect(done.text).toBe('my [x] is safe')
    expect(done.guardrails).toEqual([{ name: 'mask', phase: 'output', action: 'redact', step: 0 }])
    expect(JSON.stringify(done.messages)).not.toContain('secret')
  })
})

describe('AI-47 AIT-54 an output block in a stream', () => {
  test.each(['full', 'none'] as const)(
    'fails iteration and completion, and the tool of that step does not run: buffer %s',
    async (buffer) => {
      const execute = vi.fn<() => string>(() => 'seen')
      const guard = guardrail({
        name: 'leaks',
        phase: 'output',
        stream: { buffer },
        onChunk: (chunk) =>
          chunk.includes('secret') ? { action: 'block', reason: 'no' } : { action: 'pass' },
      })
      const model = scriptedModel([
        { chunks: ['a ', 'secret'], tools: [{ name: 'look', input: {} }] },
        'more',
      ])
      const { textStream, completion } = await stream(go, {
        model,
        tools: { look: tool({ inputSchema: z.object({}), execute }) },
        guardrails: [guard],
      })
      const blocked = { name: 'GuardrailBlockedError', phase: 'output', guardrail: 'leaks', reason: 'no' }
      await expect(read(textStream)).rejects.toMatchObject(blocked)
      await expect(completion).rejects.toMatchObject(blocked)
      expect(execute).not.toHaveBeenCalled()
      expect(model.calls).toHaveLength(1)
    },
  )

  test('AI-46 AIT-52 of the input rejects the call itself, before any model call', async () => {
    const model = scriptedModel(['hi'])
    const guard = guardrail({
      name: 'in',
      phase: 'input',
      validate: () => ({ action: 'block', reason: 'no' }),
    })
    await expect(stream(go, { model, guardrails: [guard] })).rejects.toMatchObject({ phase: 'input' })
    expect(model.calls).toHaveLength(0)
  })
})

test('AI-47 AIT-58 a rewrite of structured text changes partials and object', async () => {
  const answer = prompt({ prompt: 'go', output: z.object({ note: z.string() }) })
  const json = '{"note":"a secret"}'
  const model = scriptedModel([{ chunks: [json.slice(0, 13), json.slice(13)] }])
  const { partialObjectStream, completion } = await stream(answer, { model, guardrails: [mask] })
  const partials: unknown[] = []
  for await (const partial of partialObjectStream) partials.push(partial)
  expect(partials.at(-1)).toEqual({ note: 'a [x]' })
  expect(JSON.stringify(partials)).not.toContain('sec')
  expect((await completion).object).toEqual({ note: 'a [x]' })
})

test('AI-96 AIT-62 a model that prepareStep returns is guarded in a stream too', async () => {
  const { completion } = await stream(go, {
    model: scriptedModel([]),
    prepareStep: () => ({ model: scriptedModel(['another secret']) }),
    guardrails: [mask],
  })
  expect((await completion).text).toBe('another [x]')
})

test('AI-48 a guard gives the same in generate and stream, whatever its buffer', async () => {
  for (const guard of [mask, maskWords]) {
    const script = () => scriptedModel([{ chunks: ['my sec', 'ret ', 'is ', 'safe'] }])
    const whole = await generate(go, { model: script(), guardrails: [guard] })
    const { completion } = await stream(go, { model: script(), guardrails: [guard] })
    expect(whole.text).toBe('my [x] is safe')
    expect((await completion).text).toBe(whole.text)
    expect((await completion).guardrails).toEqual(whole._meta.guardrails)
  }
})
