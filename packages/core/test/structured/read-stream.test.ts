import { readStream, StreamError, type Chunk, type StreamEnd } from '@crux/core/structured'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bodyOf, everyCut } from '../sse/bodies.ts'

const runs = Number(process.env['CRUX_RUNS'] ?? 300)

const data = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`
const delta = { type: 'text-delta', delta: 'x' }
const done = data({ type: 'done' })
const end = 'data: [DONE]\n\n'

/** Reads to the end: the chunks, and how it ended or which error it threw. */
async function read(stream: AsyncGenerator<Chunk, StreamEnd>) {
  const chunks: Chunk[] = []
  try {
    for (;;) {
      const step = await stream.next()
      if (step.done) return { chunks, end: step.value }
      chunks.push(step.value)
    }
  } catch (error) {
    if (StreamError.is(error)) return { chunks, end: error.code }
    throw error
  }
}

const readPieces = (...pieces: (string | Uint8Array)[]) => read(readStream(bodyOf(pieces).body))

test('STR-38 every form of an event stream gives every chunk, however it is cut', async () => {
  const text = [
    '\uFEFFdata: {"type":"text-delta",\ndata: "delta":"ä😀"}\n\n',
    ': comment\r\nid: 7\r\nevent: named\r\nretry: 5\r\ndata:{"type":"app.x","n":[1]}\r\n\r\n',
    ':\rdata: {"type":"status","message":"s"}\r\r',
    'foo: bar\n\n',
    'data: {"type":"done"}\n\ndata: [DONE]\n\n',
  ].join('')
  for (const pieces of everyCut(new TextEncoder().encode(text))) {
    expect(await readPieces(...pieces)).toEqual({
      chunks: [
        { type: 'text-delta', delta: 'ä😀' },
        { type: 'app.x', n: [1] },
        { type: 'status', message: 's' },
        { type: 'done' },
      ],
      end: 'done',
    })
  }
})

test('STR-38 without a body there is nothing to read', async () => {
  expect(await read(readStream(null))).toEqual({ chunks: [], end: 'no-body' })
})

test.each([
  ['done', done + data(delta), 'done'],
  ['the marker', end + data(delta), 'done'],
])('STR-38 after %s the rest is not read, and the body is free', async (_name, text, how) => {
  const { body, seen } = bodyOf([text], { open: true })
  const result = await read(readStream(body))
  expect(result.end).toBe(how)
  expect(result.chunks).not.toContainEqual(delta)
  expect(seen.isCancelled).toBe(true)
  expect(body.locked).toBe(false)
})

test('STR-38 a reader that leaves cancels the body', async () => {
  const { body, seen } = bodyOf([data(delta)], { open: true })
  for await (const chunk of readStream(body)) {
    expect(chunk).toEqual(delta)
    break
  }
  expect(seen.isCancelled).toBe(true)
  expect(body.locked).toBe(false)
})

test('STR-31 done, an error of the turn, and neither are three ends', async () => {
  const failure = { type: 'error', message: 'm' }
  expect((await readPieces(data(delta), done, end)).end).toBe('done')
  expect((await readPieces(data(failure), end)).end).toBe('failed')
  expect((await readPieces(data({ ...failure, streamId: 's' }), end)).end).toBe('done')
  expect((await readPieces(data(failure), done, end)).end).toBe('done')
  expect((await readPieces(data(failure))).end).toBe('truncated')
})

test('STR-39 a cut body gives its whole chunks first', async () => {
  expect(await readPieces(data(delta), 'data: {"type":"done"}\n')).toEqual({
    chunks: [delta],
    end: 'truncated',
  })
  expect(await readPieces()).toEqual({ chunks: [], end: 'truncated' })
})

test('STR-40 what is no chunk is told, and the rest arrives', async () => {
  const { chunks, end: how } = await readPieces(
    'data: 5\n\n',
    'data: null\n\n',
    'data: {"type":\n\n',
    'data:\n\n',
    data({ type: 'status' }),
    data({ type: 'structured-data', streamId: 's', dataType: 't', kind: 'set' }),
    data(delta),
    end,
  )
  const invalid = { type: 'error', code: 'invalid-chunk' }
  expect(chunks).toEqual([
    ...Array.from({ length: 5 }, () => expect.objectContaining(invalid)),
    expect.objectContaining({ ...invalid, streamId: 's', dataType: 't' }),
    delta,
  ])
  expect(how).toBe('done')
  const [unnamed] = (await readPieces(data({ type: 'error', streamId: 5, dataType: null }), end)).chunks
  expect(unnamed).toStrictEqual({
    ...invalid,
    message: expect.stringContaining('"message" must be a string'),
  })
})

test('STR-41 an event above the limit ends the reading after what came before', async () => {
  const { body } = bodyOf([data(delta), data({ type: 'status', message: 'x'.repeat(200) })])
  expect(await read(readStream(body, { maxEventLength: 100 }))).toEqual({
    chunks: [delta],
    end: 'event-too-large',
  })
})

test('STR-41 a body that breaks off is a failure of the network', async () => {
  const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error('reset')) })
  expect(await read(readStream(body))).toEqual({ chunks: [], end: 'network' })
})

test('STR-42 after an abort not even what has arrived is given out', async () => {
  const controller = new AbortController()
  const { body } = bodyOf([data(delta) + data(delta) + done])
  const stream = readStream(body, { signal: controller.signal })
  expect((await stream.next()).value).toEqual(delta)
  controller.abort()
  expect(await stream.next()).toEqual({ done: true, value: 'aborted' })
  expect(body.locked).toBe(false)
})

test('STR-42 an abort ends the reading without another chunk', async () => {
  const controller = new AbortController()
  const { body, seen } = bodyOf([data(delta)], { open: true })
  const stream = readStream(body, { signal: controller.signal })
  expect((await stream.next()).value).toEqual(delta)
  const waiting = stream.next()
  controller.abort()
  expect(await waiting).toEqual({ done: true, value: 'aborted' })
  expect(seen.isCancelled).toBe(true)
})

test('REL-20 any bytes end in chunks and a typed end', { timeout: 60_000 + runs * 20 }, async () => {
  const line = fc.oneof(
    fc.string(),
    fc.jsonValue().map((value) => `data: ${JSON.stringify(value)}`),
    fc.constantFrom(
      '',
      '',
      'data: {"type":"text-delta","delta":"x"}',
      'data: [DONE]',
      'data: {"type":"done"}',
    ),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.constantFrom('\n', '\r', '\r\n'), async (lines, separator) => {
      const { end: how } = await readPieces(lines.join(separator))
      expect(['done', 'failed', 'truncated']).toContain(how)
    }),
    { numRuns: runs },
  )
})
