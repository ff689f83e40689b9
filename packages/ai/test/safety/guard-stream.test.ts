import { GuardrailBlockedError, guardrail, type Guardrail } from '@crux/ai'
import { scriptedModel } from '@crux/ai/testing'
import { isStepCount, streamText, tool } from 'ai'
import { describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { startGuards } from '../../src/safety/guard-session.ts'

type OnChunk = NonNullable<Guardrail['onChunk']>
type Validate = NonNullable<Guardrail['validate']>
type Model = ReturnType<typeof scriptedModel>
type Part =
  Awaited<ReturnType<Model['doStream']>>['stream'] extends ReadableStream<infer Value> ? Value : never

const outputGuard = (rest: Partial<Guardrail>) => guardrail({ name: 'guard', phase: 'output', ...rest })

/** Rewrites by full buffering. */
const mask = outputGuard({
  validate: (text) => ({ action: 'redact', content: text.replaceAll('secret', '[x]') }),
})

/** Rewrites word by word: the last word is held, because it may go on. */
const maskWords = outputGuard({
  onChunk: (chunk, _accumulated, { last }) =>
    last || chunk.endsWith(' ')
      ? { action: 'redact', content: chunk.replaceAll('secret', '[x]') }
      : { action: 'hold' },
})

function guarded(model: Model, ...guards: Guardrail[]) {
  const session = startGuards(guards, { promptId: 'p' })
  if (session === undefined) throw new Error('no guards')
  return { model: session.wrap(model), entries: session.entries }
}

/** A model that streams these parts. */
const streaming = (parts: readonly Part[], cancelled = (_reason: unknown) => {}): Model => ({
  ...scriptedModel([]),
  doStream: async () => ({
    stream: new ReadableStream({
      pull: (controller) => {
        const [part, ...rest] = parts
        parts = rest
        if (part === undefined) controller.close()
        else controller.enqueue(part)
      },
      cancel: cancelled,
    }),
  }),
})

const text = (id: string, ...deltas: string[]): Part[] => [
  { type: 'text-start', id },
  ...deltas.map((delta) => ({ type: 'text-delta' as const, id, delta })),
  { type: 'text-end', id },
]

const finish: Part = {
  type: 'finish',
  finishReason: { unified: 'stop', raw: 'stop' },
  usage: {
    inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: 1, text: 1, reasoning: undefined },
  },
}

async function collect<Value>(stream: AsyncIterable<Value>): Promise<Value[]> {
  const values: Value[] = []
  for await (const value of stream) values.push(value)
  return values
}

async function partsOf(model: Model, ...guards: Guardrail[]): Promise<Part[]> {
  const { stream } = await guarded(model, ...guards).model.doStream({ prompt: [] })
  return collect(stream)
}

const deltasOf = async (deltas: readonly string[], ...guards: Guardrail[]) =>
  (await partsOf(streaming(text('0', ...deltas)), ...guards)).flatMap((part) =>
    part.type === 'text-delta' ? [part.delta] : part.type === 'error' ? [part.error] : [],
  )

describe('AI-48 AIT-56 a word split over two chunks', () => {
  const model = () => scriptedModel([{ chunks: ['my sec', 'ret is', ' safe'] }])

  test('is rewritten by full buffering, in deltas and text', async () => {
    const { model: wrapped } = guarded(model(), mask)
    const result = streamText({ model: wrapped, prompt: 'go' })
    expect(await collect(result.textStream)).toEqual(['my [x] is safe'])
    expect(await result.text).toBe('my [x] is safe')
  })

  test('is rewritten by hold, in deltas and text', async () => {
    const { model: wrapped } = guarded(
      scriptedModel([{ chunks: ['my sec', 'ret ', 'is ', 'safe'] }]),
      maskWords,
    )
    const result = streamText({ model: wrapped, prompt: 'go' })
    expect(await collect(result.textStream)).toEqual(['my [x] ', 'is ', 'safe'])
    expect(await result.text).toBe('my [x] is safe')
  })
})

describe('AI-48 onChunk', () => {
  test('gets each delta, all received so far, and where it stands; a held one comes in front of the next', async () => {
    const onChunk = vi.fn<OnChunk>((chunk) => (chunk === 'b' ? { action: 'hold' } : { action: 'pass' }))
    expect(await deltasOf(['a', 'b', 'c', ''], outputGuard({ onChunk }))).toEqual(['a', 'bc'])
    const context = { promptId: 'p', phase: 'output', step: 0, last: false }
    expect(onChunk.mock.calls).toEqual([
      ['a', 'a', context],
      ['b', 'ab', context],
      ['bc', 'abc', context],
    ])
  })

  test('is offered a held rest once more at the end, and may let it go', async () => {
    const onChunk = vi.fn<OnChunk>((chunk, _all, { last }) =>
      last ? { action: 'transform', content: `<${chunk}>` } : { action: 'hold' },
    )
    expect(await deltasOf(['a', 'b'], outputGuard({ onChunk }))).toEqual(['<ab>'])
    expect(onChunk).toHaveBeenLastCalledWith('ab', 'ab', expect.objectContaining({ last: true }))
    expect(onChunk).toHaveBeenCalledTimes(3)
  })

  test('AIT-57 a rest still held at the end blocks', async () => {
    const seen = await deltasOf(['a', 'b'], outputGuard({ onChunk: () => ({ action: 'hold' }) }))
    expect(seen).toEqual([
      expect.objectContaining({ code: 'guardrail-blocked', reason: 'still held at the end' }),
    ])
  })

  test('a warning and a hold are no rewrite', async () => {
    const onChunk = vi
      .fn<OnChunk>()
      .mockReturnValueOnce({ action: 'warn', reason: 'hm' })
      .mockReturnValueOnce({ action: 'hold' })
      .mockReturnValue({ action: 'pass' })
    const { model, entries } = guarded(streaming(text('0', 'a', 'b', 'c')), outputGuard({ onChunk }))
    const parts = await collect((await model.doStream({ prompt: [] })).stream)
    expect(parts.flatMap((part) => (part.type === 'text-delta' ? [part.delta] : []))).toEqual(['a', 'bc'])
    expect(entries()).toEqual([{ name: 'guard', phase: 'output', action: 'warn', reason: 'hm', step: 0 }])
  })

  test('with buffer full is asked once, at the end, where hold blocks', async () => {
    const onChunk = vi.fn<OnChunk>(() => ({ action: 'pass' }))
    const full = outputGuard({ onChunk, stream: { buffer: 'full' } })
    expect(await deltasOf(['a', 'b'], full)).toEqual(['ab'])
    expect(onChunk.mock.calls).toEqual([['ab', 'ab', expect.objectContaining({ last: true })]])
    onChunk.mockReturnValue({ action: 'hold' })
    expect(await deltasOf(['a'], full)).toEqual([
      expect.objectContaining({ reason: 'still held at the end' }),
    ])
  })

  test.each(['full', 'none'] as const)(
    'validate beside it, buffer %s, judges all that went on',
    async (buffer) => {
      const validate = vi.fn<Validate>(() => ({ action: 'pass' }))
      const onChunk: OnChunk = (chunk) => ({ action: 'redact', content: chunk.toUpperCase() })
      const both = outputGuard({ onChunk, validate, stream: { buffer } })
      expect((await deltasOf(['a', 'b'], both)).join('')).toBe('AB')
      expect(validate).toHaveBeenCalledExactlyOnceWith('AB', expect.objectContaining({ last: true }))
      validate.mockReturnValue({ action: 'redact', content: '' })
      const seen = await deltasOf(['a', 'b'], both)
      expect(seen.at(-1)).toMatchObject({ reason: 'rewrite came too late' })
      validate.mockReturnValue({ action: 'block', reason: 'no' })
      expect((await deltasOf(['a', 'b'], both)).at(-1)).toMatchObject({ reason: 'no' })
    },
  )
})

test('AI-48 where nothing went on, validate beside onChunk has nothing to judge', async () => {
  const validate = vi.fn<Validate>(() => ({ action: 'block', reason: 'no' }))
  const onChunk: OnChunk = () => ({ action: 'redact', content: '' })
  expect(await deltasOf(['a', 'b'], outputGuard({ onChunk, validate }))).toEqual([])
  expect(validate).not.toHaveBeenCalled()
})

describe('AI-47 AIT-54 a block in a stream', () => {
  test('is an error part, no tool of that step runs, and no other step begins', async () => {
    const execute = vi.fn<() => string>(() => 'seen')
    const tools = { look: tool({ inputSchema: z.object({}), execute }) }
    const script = scriptedModel([{ chunks: ['a ', 'secret'], tools: [{ name: 'look', input: {} }] }, 'more'])
    const stop = outputGuard({
      onChunk: (chunk) => (chunk === 'secret' ? { action: 'block', reason: 'leaks' } : { action: 'pass' }),
    })
    const { model } = guarded(script, stop)
    const result = streamText({ model, prompt: 'go', tools, stopWhen: isStepCount(3), onError: () => {} })
    const seen: unknown[] = []
    for await (const part of result.stream) {
      if (part.type === 'text-delta') seen.push(part.text)
      if (part.type === 'error') seen.push(part.error)
    }
    expect(seen).toEqual(['a ', expect.any(GuardrailBlockedError)])
    expect(seen[1]).toMatchObject({ phase: 'output', guardrail: 'guard', reason: 'leaks' })
    expect(execute).not.toHaveBeenCalled()
    expect(script.calls).toHaveLength(1)
  })

  test('behind a tool call stops that call too', async () => {
    const execute = vi.fn<() => string>(() => 'seen')
    const tools = { look: tool({ inputSchema: z.object({}), execute }) }
    const call: Part = { type: 'tool-call', toolCallId: '1', toolName: 'look', input: '{}' }
    const { model } = guarded(
      streaming([call, ...text('0', 'a secret'), finish]),
      outputGuard({ validate: () => ({ action: 'block', reason: 'no' }) }),
    )
    const result = streamText({ model, prompt: 'go', tools, stopWhen: isStepCount(3), onError: () => {} })
    const types = (await collect(result.stream)).map(({ type }) => type)
    expect(types).toContain('error')
    expect(execute).not.toHaveBeenCalled()
  })

  test('ends the stream and cancels the model', async () => {
    const cancelled = vi.fn<(reason: unknown) => void>()
    const parts = await partsOf(
      streaming([...text('0', 'a'), ...text('1', 'b'), finish], cancelled),
      outputGuard({ validate: () => ({ action: 'block', reason: 'no' }) }),
    )
    expect(parts.map(({ type }) => type)).toEqual(['text-start', 'error'])
    expect(cancelled).toHaveBeenCalledOnce()
  })

  test('so does a guard that throws, with what it threw', async () => {
    const error = new Error('moderation is down')
    expect(await deltasOf(['a'], outputGuard({ validate: () => Promise.reject(error) }))).toEqual([error])
  })

  test('at the end of a stream that ends without ends', async () => {
    const parts = await partsOf(
      streaming(text('0', 'a').slice(0, 2)),
      outputGuard({ validate: () => ({ action: 'block', reason: 'no' }) }),
    )
    expect(parts.map(({ type }) => type)).toEqual(['text-start', 'error'])
  })
})

describe('AI-47 parts of a stream', () => {
  test('blocks that interleave are guarded each by itself', async () => {
    const [one, two] = [text('1', 'my sec', 'ret'), text('2', 'no sec', 'urity')]
    const mixed = [one[0]!, two[0]!, one[1]!, two[1]!, two[2]!, one[2]!, one[3]!, two[3]!, finish]
    expect(await partsOf(streaming(mixed), mask)).toEqual([
      one[0],
      two[0],
      { type: 'text-delta', id: '1', delta: 'my [x]' },
      one[3],
      { type: 'text-delta', id: '2', delta: 'no security' },
      two[3],
      finish,
    ])
  })

  test('all but text pass as they are, raw parts not at all', async () => {
    const others: Part[] = [
      { type: 'stream-start', warnings: [] },
      { type: 'response-metadata', modelId: 'm' },
      { type: 'reasoning-start', id: 'r' },
      { type: 'reasoning-delta', id: 'r', delta: 'secret' },
      { type: 'reasoning-end', id: 'r' },
      { type: 'tool-call', toolCallId: '1', toolName: 'look', input: '{"a":"secret"}' },
      { type: 'error', error: 'one of several' },
      finish,
    ]
    const raw: Part = { type: 'raw', rawValue: 'secret' }
    expect(await partsOf(streaming([raw, ...others.slice(0, 4), raw, ...others.slice(4)]), mask)).toEqual(
      others,
    )
  })

  test('what is held when the model call ends, or the stream does, still goes out', async () => {
    const open = text('0', 'a secret').slice(0, 2)
    const closed = [open[0], { type: 'text-delta', id: '0', delta: 'a [x]' }, { type: 'text-end', id: '0' }]
    expect(await partsOf(streaming([...open, finish]), mask)).toEqual([...closed, finish])
    expect(await partsOf(streaming(open), mask)).toEqual(closed)
  })

  test('a delta without a start is guarded too', async () => {
    const [, delta] = text('0', 'secret')
    expect(await partsOf(streaming([delta!]), mask)).toContainEqual({
      type: 'text-delta',
      id: '0',
      delta: '[x]',
    })
  })

  test('a source that breaks breaks the stream with its error', async () => {
    const error = new Error('reset')
    const broken: Model = {
      ...scriptedModel([]),
      doStream: async () => ({ stream: new ReadableStream({ pull: () => Promise.reject(error) }) }),
    }
    await expect(partsOf(broken, mask)).rejects.toBe(error)
  })
})

describe('AI-47 AI-49 what the provider says about a block', () => {
  const facts = { openai: { itemId: 'msg_1' } }
  const withFacts = (delta: string): Part[] => [
    { type: 'text-start', id: '0', providerMetadata: facts },
    { type: 'text-delta', id: '0', delta },
    { type: 'text-end', id: '0' },
  ]

  test('comes at its end, if it was not rewritten', async () => {
    const result = streamText({
      model: guarded(streaming([...withFacts('fine'), finish]), mask).model,
      prompt: 'go',
    })
    await result.consumeStream()
    expect((await result.responseMessages)[0]).toMatchObject({
      content: [{ text: 'fine', providerOptions: facts }],
    })
  })

  test('comes with pieces that were let through as they came, too', async () => {
    const pass = outputGuard({ onChunk: () => ({ action: 'pass' }) })
    const parts = await partsOf(streaming(withFacts('fine')), pass)
    expect(parts.at(-1)).toEqual({ type: 'text-end', id: '0', providerMetadata: facts })
  })

  test('is dropped if it was: an id would bring the original back in the next step', async () => {
    const model = streaming([...withFacts('a secret'), finish])
    const result = streamText({ model: guarded(model, mask).model, prompt: 'go' })
    await result.consumeStream()
    const [message] = await result.responseMessages
    expect(message).toMatchObject({ content: [{ text: 'a [x]' }] })
    expect(JSON.stringify(message)).not.toContain('msg_1')
  })

  test('the newest is kept, be it on a delta that was held or on the end', async () => {
    const [newer, newest] = [{ google: { thoughtSignature: 'b' } }, { google: { thoughtSignature: 'c' } }]
    const [start, delta] = withFacts('fine')
    const late: Part = { type: 'text-delta', id: '0', delta: '', providerMetadata: newer }
    const end: Part = { type: 'text-end', id: '0' }
    expect((await partsOf(streaming([start!, delta!, late, end]), mask)).at(-1)).toEqual({
      ...end,
      providerMetadata: newer,
    })
    const told = { ...end, providerMetadata: newest }
    expect((await partsOf(streaming([start!, delta!, late, told]), mask)).at(-1)).toEqual(told)
  })

  test('citations stay with a text as it was, and go with a rewritten one', async () => {
    const citations = [
      { source: { type: 'source', sourceType: 'url', id: '1', url: 'https://a.test' } as const },
    ]
    const cited = (delta: string): Part[] => [
      ...text('0', delta).slice(0, 2),
      { type: 'text-end', id: '0', citations },
    ]
    expect((await partsOf(streaming(cited('fine')), mask)).at(-1)).toMatchObject({ citations })
    expect((await partsOf(streaming(cited('secret')), mask)).at(-1)).toEqual({ type: 'text-end', id: '0' })
  })
})
