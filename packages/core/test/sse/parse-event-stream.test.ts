import { parseEventStream, SseError, type ParseOptions, type SseMessage } from '@crux/core/sse'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { bodyOf, everyCut } from './bodies.ts'

const runs = Number(process.env.CRUX_RUNS ?? 500)

type Seen = SseMessage | { id: string } | { comment: string } | { retry: number } | { error: unknown }

/** Everything a stream says, by kind: the messages with the ids between them, the comments, the retries. */
async function read(pieces: Iterable<Uint8Array | string>, options: ParseOptions = {}): Promise<Seen[]> {
  const messages: Seen[] = []
  const comments: Seen[] = []
  const retries: Seen[] = []
  try {
    const events = parseEventStream(bodyOf(pieces).body, {
      onId: (id) => messages.push({ id }),
      onComment: (comment) => comments.push({ comment }),
      onRetry: (retry) => retries.push({ retry }),
      ...options,
    })
    for await (const event of events) messages.push(event)
  } catch (error) {
    messages.push({ error: SseError.is(error) ? error.code : error })
  }
  return [...messages, ...comments, ...retries]
}

const message = (data: string, id = '', event = 'message'): SseMessage => ({ event, data, id })

const BOM = '\u{FEFF}'

const cases: [name: string, input: string, seen: Seen[]][] = [
  ['P1 one BOM is taken out', `${BOM}data: a\n\n`, [message('a')]],
  ['P2 a second BOM belongs to the first line', `${BOM}${BOM}data: a\n\ndata: b\n\n`, [message('b')]],
  ['P3 a BOM later on is text', `data: 1\n\n${BOM}data: 2\n\ndata: 3\n\n`, [message('1'), message('3')]],
  ['P4 CR ends lines', 'data: a\rdata: b\r\rdata: c\r\r', [message('a\nb'), message('c')]],
  ['P5 CRLF ends lines once', 'data: a\r\n\r\ndata: b\r\n\r\n', [message('a'), message('b')]],
  ['P6 line ends may be mixed', 'data: test\r\ndata\ndata:test\r\n\r', [message('test\n\ntest')]],
  ['P7 a data field without a colon is empty data', 'data\n\n', [message('')]],
  ['P8 two of them are one line end', 'data\ndata\n\n', [message('\n')]],
  ['P9 a block without data is no event and forgets its name', 'event: a\n\ndata: x\n\n', [message('x')]],
  ['P10 a tab after the colon is data', 'data:\tt\n\n', [message('\tt')]],
  ['P11 one space after the colon is left out', 'data:  two\n\n', [message(' two')]],
  ['P12 comments are no events', ':c\n:\ndata: x\n\n', [message('x'), { comment: 'c' }, { comment: '' }]],
  ['P13 an id with NUL is ignored', 'id: 1\n\nid: 2\u00003\ndata: x\n\n', [{ id: '1' }, message('x', '1')]],
  [
    'P14 an id without data is in force for the next event',
    'id: 7\n\ndata: x\n\n',
    [{ id: '7' }, message('x', '7')],
  ],
  [
    'P15 an empty id clears it, and it stays cleared',
    'id: 7\ndata: x\n\nid\ndata: y\n\ndata: z\n\n',
    [{ id: '7' }, message('x', '7'), { id: '' }, message('y'), message('z')],
  ],
  ['P16 retry is told', 'retry: 3000\n\n', [{ retry: 3000 }]],
  ['P17 retry counts only as plain digits', 'retry: 3000x\nretry: -1\nretry: 1.5\nretry\n\n', []],
  ['P18 unknown fields are ignored', 'foo: x\nDATA: w\n data: z\ndata: x\n\n', [message('x')]],
  ['P19 an empty event name is message', 'event:\ndata: x\n\n', [message('x')]],
  ['P20 the last event name wins', 'event: a\nevent: b\ndata: x\n\n', [message('x', '', 'b')]],
  ['P21 an event without its empty line is dropped', 'data: a\n\ndata: b\n', [message('a')]],
  ['P22 NUL is data', 'data: a\u0000b\n\n', [message('a\u0000b')]],
  ['P23 characters survive a cut', 'data: é€😀漢\n\n', [message('é€😀漢')]],
]

test.each(cases)('SSE-35 %s, however the body is cut', async (_name, input, seen) => {
  for (const pieces of everyCut(new TextEncoder().encode(input))) {
    expect(await read(pieces)).toEqual(seen)
  }
})

test('SSE-35 P4 an event ended by CR is given out without waiting for more bytes', async () => {
  const { body } = bodyOf(['data: a\r\r'], { open: true })
  const events = parseEventStream(body)
  expect(await events.next()).toEqual({ done: false, value: message('a') })
})

describe('SSE-35 limits', () => {
  const maxEventLength = 100
  const limited: [name: string, input: string, seen: Seen[]][] = [
    ['data at the limit passes', `data: ${'x'.repeat(100)}\n\n`, [message('x'.repeat(100))]],
    [
      'data past it does not',
      `data: a\n\ndata: ${'x'.repeat(101)}\n\n`,
      [message('a'), { error: 'event-too-large' }],
    ],
    [
      'the lines of one event count together',
      `data: ${'x'.repeat(50)}\ndata: ${'y'.repeat(49)}\n\ndata: ${'x'.repeat(50)}\ndata: ${'y'.repeat(50)}\n\n`,
      [message(`${'x'.repeat(50)}\n${'y'.repeat(49)}`), { error: 'event-too-large' }],
    ],
    [
      'a comment at the limit of a line passes',
      `:${'c'.repeat(163)}\ndata: a\n\n`,
      [message('a'), { comment: 'c'.repeat(163) }],
    ],
    [
      'a comment past it does not',
      `data: a\n\n:${'c'.repeat(164)}\n\ndata: b\n\n`,
      [message('a'), { error: 'event-too-large' }],
    ],
    [
      'an unknown field counts as a line',
      `${'z'.repeat(165)}\n\ndata: b\n\n`,
      [{ error: 'event-too-large' }],
    ],
    [
      'a line that never ends does not wait for its end',
      'id: '.padEnd(165, '9'),
      [{ error: 'event-too-large' }],
    ],
    [
      'the id of a refused event never comes into force',
      `id: 1\ndata: ${'x'.repeat(101)}\n\n`,
      [{ error: 'event-too-large' }],
    ],
    ['CRLF counts for nothing', `data: ${'x'.repeat(100)}\r\n\r\n`, [message('x'.repeat(100))]],
    [
      'what follows a refused event is not read',
      `data: ${'x'.repeat(101)}\n\ndata: b\n\n`,
      [{ error: 'event-too-large' }],
    ],
  ]

  test.each(limited)('%s, however the body is cut', async (_name, input, seen) => {
    for (const pieces of everyCut(new TextEncoder().encode(input))) {
      expect(await read(pieces, { maxEventLength })).toEqual(seen)
    }
  })

  test('the limit is 1,048,576 characters unless said otherwise', async () => {
    const fits = 'x'.repeat(1_048_576)
    expect(await read([`data: ${fits}\n\n`])).toEqual([message(fits)])
    expect(await read([`data: ${fits}x\n\n`])).toEqual([{ error: 'event-too-large' }])
    expect(await read(['data: ', fits, 'x', '\n', '\n'])).toEqual([{ error: 'event-too-large' }])
  })

  test('SSE-35 an endless event is given up at the limit and its body cancelled', async () => {
    function* endless() {
      yield 'data: '
      for (;;) yield 'x'.repeat(65_536)
    }
    const { body, seen } = bodyOf(endless())
    await expect(parseEventStream(body).next()).rejects.toMatchObject({ code: 'event-too-large' })
    expect(seen.isCancelled).toBe(true)
  })
})

describe('SSE-35 the early end', () => {
  test('a break cancels the body and lets go of it', async () => {
    const { body, seen } = bodyOf(['data: a\n\n'], { open: true })
    for await (const event of parseEventStream(body)) {
      expect(event.data).toBe('a')
      break
    }
    expect(seen.isCancelled).toBe(true)
    expect(body.locked).toBe(false)
  })

  test('a throw in the loop cancels the body', async () => {
    const { body, seen } = bodyOf(['data: a\n\n'], { open: true })
    const loop = async () => {
      for await (const event of parseEventStream(body)) throw new Error(event.data)
    }
    await expect(loop()).rejects.toThrow('a')
    expect(seen.isCancelled).toBe(true)
    expect(body.locked).toBe(false)
  })

  test('a body that never finishes its cancel is not waited for', async () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('data: a\n\n')),
      cancel: () => new Promise(() => {}),
    })
    for await (const event of parseEventStream(body)) {
      expect(event.data).toBe('a')
      break
    }
    expect(body.locked).toBe(false)
  })

  test('an abort makes the pending next() reject with its reason', async () => {
    const { body, seen } = bodyOf(['data: a\n\n'], { open: true })
    const abort = new AbortController()
    const events = parseEventStream(body, { signal: abort.signal })
    await events.next()
    const pending = events.next()
    const reason = new Error('enough')
    abort.abort(reason)
    await expect(pending).rejects.toBe(reason)
    expect(seen.cancelled).toBe(reason)
    expect(body.locked).toBe(false)
    expect(await events.next()).toEqual({ done: true, value: undefined })
  })

  test('an abort between two events that came together makes the following next() reject', async () => {
    const { body, seen } = bodyOf(['data: a\n\ndata: b\n\n'], { open: true })
    const abort = new AbortController()
    const events = parseEventStream(body, { signal: abort.signal })
    await events.next()
    abort.abort(new Error('enough'))
    expect(seen.isCancelled).toBe(true)
    await expect(events.next()).rejects.toThrow('enough')
  })

  test('an abort before the first next() cancels the body unread', async () => {
    const { body, seen } = bodyOf([], { open: true })
    const events = parseEventStream(body, { signal: AbortSignal.abort(new Error('never')) })
    await expect(events.next()).rejects.toThrow('never')
    expect(seen.isCancelled).toBe(true)
  })

  test('an abort that makes the body fail, as that of a fetch, is told by its reason', async () => {
    const abort = new AbortController()
    const body = new ReadableStream<Uint8Array>({
      start: (controller) =>
        abort.signal.addEventListener('abort', () => controller.error(new Error('of the body'))),
    })
    const pending = parseEventStream(body, { signal: abort.signal }).next()
    const reason = new Error('enough')
    abort.abort(reason)
    await expect(pending).rejects.toBe(reason)
  })

  test('a body that fails rejects with its own error, after the events before it', async () => {
    const failure = new Error('socket')
    let reads = 0
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (reads++ === 0) controller.enqueue(new TextEncoder().encode('data: a\n\n'))
          else controller.error(failure)
        },
      },
      { highWaterMark: 0 },
    )
    const events = parseEventStream(body)
    expect((await events.next()).value).toEqual(message('a'))
    await expect(events.next()).rejects.toBe(failure)
    expect(body.locked).toBe(false)
  })

  test('the signal has no listener of ours left when the body has ended', async () => {
    const abort = new AbortController()
    const added = vi.spyOn(abort.signal, 'addEventListener')
    const removed = vi.spyOn(abort.signal, 'removeEventListener')
    const events = parseEventStream(bodyOf(['data: a\n\n']).body, { signal: abort.signal })
    await events.next()
    expect(added.mock.calls).toHaveLength(1)
    expect(removed.mock.calls).toHaveLength(0)
    await events.next()
    expect(added.mock.calls).toHaveLength(1)
    expect(removed.mock.calls).toEqual(added.mock.calls)
  })
})

test('SSE-35 an id is not in force before what came ahead of it was taken', async () => {
  const ids: string[] = []
  const { body } = bodyOf(['id: 1\ndata: a\n\nid: 2\n\nid: 3\ndata: b\n\n'])
  const events = parseEventStream(body, { onId: (id) => ids.push(id) })
  expect((await events.next()).value).toEqual(message('a', '1'))
  expect(ids).toEqual(['1'])
  expect((await events.next()).value).toEqual(message('b', '3'))
  expect(ids).toEqual(['1', '2', '3'])
})

test('SSE-35 arbitrary bytes, however cut, give the same outcome and never a crash', async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'data',
      'data:',
      'data: ',
      'event: ',
      'id: ',
      'retry: ',
      ':',
      '\n',
      '\r',
      '\r\n',
      '\n\n',
      BOM,
      '\0',
    ),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.uint8Array({ maxLength: 40 }),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 30 }),
      fc.array(fc.nat({ max: 50 }), { maxLength: 40 }),
      fc.integer({ min: 0, max: 60 }),
      async (pieces, sizes, maxEventLength) => {
        const encoder = new TextEncoder()
        const bytes = Buffer.concat(
          pieces.map((part) => (typeof part === 'string' ? encoder.encode(part) : part)),
        )
        const cut: Uint8Array[] = []
        let at = 0
        for (const size of sizes) cut.push(bytes.subarray(at, (at += size)))
        cut.push(bytes.subarray(at))
        const whole = await read([bytes], { maxEventLength })
        expect(await read(cut, { maxEventLength })).toEqual(whole)
        for (const seen of whole) {
          expect('error' in seen ? seen.error : 'event-too-large').toBe('event-too-large')
          expect('data' in seen ? seen.data.length : 0).toBeLessThanOrEqual(maxEventLength)
        }
      },
    ),
    { numRuns: runs },
  )
})
