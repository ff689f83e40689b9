import { encodeEvent, parseEventStream, SseError, sseEndId, type SseMessage } from '@crux/core/sse'
import { CruxError } from '@crux/core/errors'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bodyOf } from './bodies.ts'

const runs = Number(process.env.CRUX_RUNS ?? 1000)

async function parse(text: string) {
  const messages: SseMessage[] = []
  const comments: string[] = []
  const retries: number[] = []
  const events = parseEventStream(bodyOf([text]).body, {
    onComment: (comment) => comments.push(comment),
    onRetry: (ms) => retries.push(ms),
  })
  for await (const message of events) messages.push(message)
  return { messages, comments, retries }
}

const refusalOf = (encode: () => unknown): unknown => {
  try {
    encode()
  } catch (error) {
    return error
  }
  return undefined
}

const codeOf = (encode: () => unknown) => {
  const error = refusalOf(encode)
  return CruxError.is<string>(error) ? error.code : error
}

test('SSE-14 fields come in a fixed order, one space after the colon, ended by LF', () => {
  expect(encodeEvent({ data: '{"n":1}', retry: 3000, id: '12', event: 'row' })).toMatchInlineSnapshot(`
    "event: row
    id: 12
    retry: 3000
    data: {"n":1}

    "
  `)
  expect(encodeEvent({ data: ' a' })).toBe('data:  a\n\n')
  expect(encodeEvent({ data: '' })).toBe('data:\n\n')
  expect(encodeEvent({ data: '', id: '', retry: 0 })).toBe('id:\nretry: 0\ndata:\n\n')
})

test.each([-1, 1.5, Number.NaN, Infinity, 2 ** 53, '10'])('SSE-14 retry %s is refused', (retry) => {
  expect(codeOf(() => encodeEvent({ data: 'x', retry: retry as number }))).toBe('invalid-retry')
})

test('SSE-15 an empty event name is left out, and an empty id is sent', () => {
  expect(encodeEvent({ data: 'x', event: '', id: '' })).toBe('id:\ndata: x\n\n')
})

test.each(['a\nb', 'a\rb', 'a\0b', 7])('SSE-15 the event name %j is refused', (event) => {
  expect(codeOf(() => encodeEvent({ data: 'x', event: event as string }))).toBe('invalid-event')
})

test.each(['error', 'open', 'stream-error', ' lead', 'tab\there', 'é'])(
  'SSE-15 the event name %j is taken',
  (event) => {
    expect(encodeEvent({ data: 'x', event })).toBe(`event: ${event}\ndata: x\n\n`)
  },
)

test.each(['a\nb', 'a\rb', 'a\0b', 'a\tb', '\u0001', '\u001f', 'a\u007f', ' a', 'a ', ' ', 7, null])(
  'SSE-15 the id %j is refused',
  (id) => {
    expect(codeOf(() => encodeEvent({ data: 'x', id: id as string }))).toBe('invalid-id')
  },
)

test('SSE-15 an id has at most 1024 bytes of UTF-8', () => {
  for (const id of ['x'.repeat(1024), 'é'.repeat(512), '€'.repeat(341), '😀'.repeat(256), 'a b']) {
    expect(encodeEvent({ data: 'x', id })).toBe(`id: ${id}\ndata: x\n\n`)
  }
  for (const id of ['x'.repeat(1025), `${'é'.repeat(512)}x`, '€'.repeat(342), `${'😀'.repeat(256)}x`]) {
    expect(codeOf(() => encodeEvent({ data: 'x', id }))).toBe('invalid-id')
  }
})

test('SSE-15 reserved words are form enough: refusing them is the business of a stream', () => {
  expect(encodeEvent({ event: 'end', id: sseEndId, data: '{}' })).toBe(
    'event: end\nid: sse:end\ndata: {}\n\n',
  )
})

test('SSE-16 each line of data becomes a field of its own', () => {
  expect(encodeEvent({ data: 'a\r\nb\rc\nd' })).toBe('data: a\ndata: b\ndata: c\ndata: d\n\n')
  expect(encodeEvent({ data: '\n' })).toBe('data:\ndata:\n\n')
  expect(encodeEvent({ data: 'a\0b' })).toBe('data: a\0b\n\n')
})

test.each([undefined, 7, null, {}])('SSE-16 data that is not text (%j) is refused', (data: unknown) => {
  expect(codeOf(() => encodeEvent({ data: data as string }))).toBe('invalid-data')
})

test('SSE-17 a comment has one line per line of text', () => {
  expect(encodeEvent({ comment: '' })).toBe(':\n\n')
  expect(encodeEvent({ comment: 'hello' })).toBe(': hello\n\n')
  expect(encodeEvent({ comment: 'a\r\n\rb' })).toBe(': a\n:\n: b\n\n')
})

test('SSE-15 what is refused is an SseError, which every copy of the package knows as a CruxError', () => {
  const error = refusalOf(() => encodeEvent({ data: 'x', id: '\n' }))
  expect(error).toBeInstanceOf(SseError)
  expect(error).toMatchObject({ name: 'SseError', code: 'invalid-id' })
  expect(CruxError.is(error)).toBe(true)
})

const lines = (text: string) => text.replaceAll(/\r\n|\r/g, '\n')
// Text that is likely to try to break out of its field.
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom('\n', '\r', '\0', ':', ' ', 'data: x', 'event: x', 'id: x', '\n\n', '\u{FEFF}'),
      fc.string({ unit: 'binary' }),
    ),
    {
      maxLength: 8,
    },
  )
  .map((pieces) =>
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(pieces.join(''))),
  )

test('SSE-14 to SSE-17 (A4) an accepted event comes back as it was, and as that one event', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        event: fc.option(nasty, { nil: undefined }),
        id: fc.option(nasty, { nil: undefined }),
        retry: fc.option(fc.maxSafeNat(), { nil: undefined }),
        data: nasty,
      }),
      async (frame) => {
        let text = ''
        try {
          text = encodeEvent(frame)
        } catch (error) {
          if (error instanceof SseError) return
          throw error
        }
        expect(await parse(`${text}data: next\n\n`)).toEqual({
          messages: [
            { event: frame.event || 'message', data: lines(frame.data), id: frame.id ?? '' },
            { event: 'message', data: 'next', id: frame.id ?? '' },
          ],
          comments: [],
          retries: frame.retry === undefined ? [] : [frame.retry],
        })
      },
    ),
    { numRuns: runs },
  )
})

test('SSE-17 a comment comes back as its lines and never as an event', async () => {
  await fc.assert(
    fc.asyncProperty(nasty, async (comment) => {
      expect(await parse(encodeEvent({ comment }))).toEqual({
        messages: [],
        comments: lines(comment).split('\n'),
        retries: [],
      })
    }),
    { numRuns: runs },
  )
})
