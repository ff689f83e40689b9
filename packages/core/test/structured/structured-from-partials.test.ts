import { structuredFromPartials, type StructuredFromPartialsOptions } from '@crux/core/structured'
import { simulateReadableStream, streamText, Output, jsonSchema } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const meta = { streamId: 's', dataType: 'thing' }
const failedChunk = {
  type: 'error',
  ...meta,
  code: 'producer-failed',
  message: 'The structured stream failed.',
}

const unhandled: unknown[] = []
const onUnhandled = (reason: unknown) => void unhandled.push(reason)
beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', onUnhandled)
})
afterEach(async () => {
  await new Promise((resolve) => setTimeout(resolve, 0))
  process.off('unhandledRejection', onUnhandled)
  expect(unhandled).toEqual([])
})

async function* from(partials: readonly unknown[], end?: Error) {
  yield* partials
  if (end) throw end
}

async function collect(
  partials: AsyncIterable<unknown>,
  options: Omit<StructuredFromPartialsOptions, 'streamId' | 'dataType'>,
) {
  const chunks: unknown[] = []
  for await (const chunk of structuredFromPartials(partials, { ...meta, ...options })) chunks.push(chunk)
  return chunks
}

test('STR-27 partials become steps, and the output becomes final', async () => {
  const fields = { a: 'text-delta', b: 'set' } as const
  expect(
    await collect(from([{ a: 'x' }, { a: 'xy', b: 1 }]), { fields, output: Promise.resolve({ all: 1 }) }),
  ).toEqual([
    { type: 'structured-data', ...meta, kind: 'text-delta', path: 'a', delta: 'x' },
    { type: 'structured-data', ...meta, kind: 'text-delta', path: 'a', delta: 'y' },
    { type: 'structured-data', ...meta, kind: 'set', path: 'b', value: 1 },
    { type: 'structured-data', ...meta, kind: 'final', data: { all: 1 } },
  ])
})

test('STR-27 without an output the last partial is the whole object', async () => {
  expect(await collect(from([{ a: 1 }, { a: 1, b: 2 }]), { output: null })).toContainEqual({
    type: 'structured-data',
    ...meta,
    kind: 'final',
    data: { a: 1, b: 2 },
  })
})

test('STR-27 the output is final, whatever it is', async () => {
  expect(await collect(from([{ a: 1 }]), { output: Promise.resolve(null) })).toContainEqual({
    type: 'structured-data',
    ...meta,
    kind: 'final',
    data: null,
  })
})

test('STR-27 partials that fail, an output that fails, and what the reducer refuses are told as one error chunk', async () => {
  const secret = new Error('secret')
  const cases: [AsyncIterable<unknown>, PromiseLike<unknown> | null][] = [
    [from([], secret), null],
    [from([], secret), Promise.reject(secret)],
    [from([{ a: 1 }]), Promise.reject(secret)],
    [from([{ a: 1 }, [1]]), Promise.resolve(1)],
    [from([]), null],
  ]
  for (const [partials, output] of cases) {
    const errors: unknown[] = []
    const chunks = await collect(partials, { output, onError: (error) => errors.push(error) })
    expect(chunks.at(-1)).toEqual(failedChunk)
    expect(chunks.filter((chunk) => Reflect.get(Object(chunk), 'type') === 'error')).toHaveLength(1)
    expect(errors).toHaveLength(1)
  }
})

test('STR-27 the error chunk says what the others would have said, whatever onError throws', async () => {
  const uncaught: unknown[] = []
  const note = (error: unknown) => void uncaught.push(error)
  vi.stubGlobal('reportError', note)
  const mine = new Error('mine')
  const about = { id: 'i', node: 'n', schemaId: 'x', schemaVersion: '1' }
  const chunks = await collect(from([], new Error('cut')), {
    ...about,
    output: null,
    onError: () => {
      throw mine
    },
  })
  vi.unstubAllGlobals()
  expect(chunks).toEqual([{ ...failedChunk, ...about }])
  expect(uncaught).toEqual([mine])
})

test('STR-27 an incomplete value is not sent when the output fails', async () => {
  const chunks = await collect(from([{ subject: 'Lau' }]), {
    fields: { subject: 'set' },
    output: Promise.reject(new Error('cut')),
  })
  expect(chunks).toEqual([failedChunk])
})

test.each([
  ['the platform', new DOMException('aborted', 'AbortError')],
  ['Next.js', Object.assign(new Error(), { name: 'ResponseAborted' })],
])('STR-27 an abort in the name of %s is not reported', async (_whose, aborted) => {
  const errors: unknown[] = []
  const chunks = await collect(from([], aborted), {
    output: null,
    onError: (e) => errors.push(e),
  })
  expect(chunks).toEqual([failedChunk])
  expect(errors).toEqual([])
})

test('STR-27 leaving early returns the source, and a rejection nobody reads is no unhandled one', async () => {
  let isReturned = false
  async function* endless() {
    try {
      for (let n = 0; ; n++) yield { a: n }
    } finally {
      isReturned = true
    }
  }
  const output = Promise.reject(new Error('never read'))
  for await (const chunk of structuredFromPartials(endless(), { ...meta, output })) {
    expect(chunk).toMatchObject({ kind: 'set', path: 'a' })
    break
  }
  expect(isReturned).toBe(true)
  structuredFromPartials(from([]), { ...meta, output: Promise.reject(new Error('not even begun')) })
})

test('STR-27 it fits the partial output of the AI SDK', async () => {
  const text = '{"subject":"Launch","to":["ann@example.com","bo@example.com"],"body":"Hi Ann"}'
  const model = new MockLanguageModelV4({
    doStream: {
      stream: simulateReadableStream({
        initialDelayInMs: null,
        chunkDelayInMs: null,
        chunks: [
          { type: 'text-start', id: '1' },
          ...Array.from(text, (delta) => ({ type: 'text-delta' as const, id: '1', delta })),
          { type: 'text-end', id: '1' },
          {
            type: 'finish',
            finishReason: { unified: 'stop', raw: 'stop' },
            usage: {
              inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
              outputTokens: { total: 1, text: 1, reasoning: 0 },
            },
          },
        ],
      }),
    },
  })
  const schema = jsonSchema<{ subject: string; to: string[]; body: string }>({ type: 'object' })
  const result = streamText({ model, prompt: 'draft', output: Output.object({ schema }) })
  const chunks = await collect(result.partialOutputStream, {
    fields: { subject: 'set', to: 'append', body: 'text-delta' },
    output: result.output,
  })
  expect(chunks.at(-1)).toEqual({ type: 'structured-data', ...meta, kind: 'final', data: JSON.parse(text) })
  expect(chunks.at(0)).toMatchObject({ kind: 'set', path: 'subject', value: 'Launch' })
})
