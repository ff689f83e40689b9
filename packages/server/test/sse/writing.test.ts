import { Readable } from 'node:stream'
import { SseError } from '@crux/core/sse'
import type { SseStream } from '@crux/server'
import { describe, expect, onTestFinished, vi } from 'vitest'
import { eventually } from '../../../../test/eventually.ts'
import { eventsUrl, read, readAll, said, takeStream, test, turn } from '../support/sse-test.ts'

describe('SSE-9 SSE-10 what a write resolves with', () => {
  test('SSE-9 true while the stream is open, false once it has ended, however it did', async ({
    makeSse,
  }) => {
    for (const leave of [true, false]) {
      const { handler, stream: taking } = takeStream()
      const body = read(makeSse(handler))
      const stream = await taking
      const writes = () => [stream.write(1), stream.writeSSE({ data: 2 }), stream.comment('three')]
      expect(await Promise.all(writes())).toEqual([true, true, true])
      if (leave) await body.cancel()
      else stream.close()
      expect(await Promise.all(writes())).toEqual([false, false, false])
    }
  })

  test('SSE-9 a false comes only in a later turn, so that a loop that does not look starves nobody', async ({
    makeSse,
  }) => {
    const { handler, stream: taking } = takeStream()
    read(makeSse(handler))
    const stream = await taking
    stream.close()
    let isOver = false
    let writes = 0
    const loop = async () => {
      for (; !isOver && writes < 1_000_000; writes++) await stream.write('nobody looks')
    }
    const looping = loop()
    await new Promise((resolve) => setTimeout(resolve, 5))
    isOver = true
    await looping
    expect(writes).toBeLessThan(1_000_000)
  })

  test('SSE-9 SSE-10 with no reader, awaited writes stop at highWaterMarkBytes', async ({ makeSse }) => {
    for (const [highWaterMarkBytes, expected] of [
      [undefined, 16],
      [4_096, 4],
      [1, 1],
    ] as const) {
      let written = 0
      const route = makeSse(
        async (stream) => {
          while (await stream.write('x'.repeat(1_024 - 8))) written++
        },
        { highWaterMarkBytes },
      )
      const response = route(new Request(eventsUrl))
      for (let n = 0; n < 5; n++) await turn()
      // The one that reaches the mark is accepted, and waits.
      expect(written + 1).toBe(expected)
      await response.body?.cancel()
    }
  })

  test('SSE-9 SSE-10 a write that waits resolves true when the reader has drained, and false when the stream ends', async ({
    makeSse,
  }) => {
    const { handler, stream: taking } = takeStream()
    const route = makeSse(handler, { highWaterMarkBytes: 100 })
    const reader = route(new Request(eventsUrl)).body?.getReader()
    const stream = await taking
    const results: unknown[] = []
    const writing = () => stream.write('x'.repeat(200)).then((isOpen) => results.push(isOpen))
    const first = writing()
    await turn()
    expect(results).toEqual([])
    await reader?.read()
    await first
    expect(results).toEqual([true])
    void writing()
    await turn()
    expect(results).toEqual([true])
    stream.close()
    for (let n = 0; n < 20; n++) await Promise.resolve()
    expect(results).toEqual([true])
    await turn()
    expect(results).toEqual([true, false])
  })

  test('SSE-10 a write that waits goes on waiting while the reader has not drained below the mark', async ({
    makeSse,
  }) => {
    const { handler, stream: taking } = takeStream()
    const route = makeSse(handler, { highWaterMarkBytes: 100_000 })
    const reader = route(new Request(eventsUrl)).body?.getReader()
    const stream = await taking
    let isDrained = false
    void stream.write('x'.repeat(200_000)).then(() => {
      isDrained = true
    })
    // A piece has 64 KiB: more than the mark waits after one, and less after two.
    const afterPiece: boolean[] = []
    for (let piece = 0; piece < 2; piece++) {
      await reader?.read()
      await turn()
      afterPiece.push(isDrained)
    }
    expect(afterPiece).toEqual([false, true])
    stream.close()
  })

  test('SSE-10 events keep the order of the calls, awaited or not, large or small', async ({ makeSse }) => {
    const sizes = [1, 200_000, 3, 70_000, 65_536, 5, 0]
    const route = makeSse(async (stream) => {
      for (const [n, size] of sizes.entries()) {
        const writing = stream.writeSSE({ id: n, data: `${n}${'é'.repeat(size)}` })
        if (n % 2 === 0) await writing
      }
    })
    const text = await readAll(route)
    const events = sizes.map((size, n) => `id: ${n}\ndata: ${n}${'é'.repeat(size)}\n\n`)
    expect(text === `:\n\n${events.join('')}${said('complete')}`).toBe(true)
  })

  test('SSE-10 a character of two units is not torn where a large event is cut', async ({ makeSse }) => {
    for (const shift of ['', '-']) {
      const text = shift + '😀'.repeat(100_000)
      expect(await readAll(makeSse(async (stream) => void (await stream.write(text))))).toContain(
        `data: ${text}\n\n`,
      )
    }
  })

  test('SSE-11a a large event reaches the reader in pieces, so that its progress is seen', async ({
    makeSse,
  }) => {
    const { handler, stream: taking } = takeStream()
    const reader = makeSse(handler)(new Request(eventsUrl)).body?.getReader()
    const stream = await taking
    await reader?.read()
    const sizes: unknown[] = []
    // Someone is waiting for it, and it comes in pieces all the same.
    const first = reader?.read()
    await turn()
    void stream.write('x'.repeat(150_000 - 8))
    sizes.push((await first)?.value?.length)
    for (let n = 0; n < 2; n++) sizes.push((await reader?.read())?.value?.length)
    expect(sizes).toEqual([65_536, 65_536, 150_000 - 2 * 65_536])
    stream.close()
  })
})

describe('SSE-11 a reader that falls too far behind', () => {
  test.for([
    ['before the first comment was read', false],
    ['after it', true],
  ] as const)(
    'SSE-11 unawaited writes overflow at the cap, %s: the queue is dropped, and onError hears of it',
    async ([, isRead], { makeSse }) => {
      const { handler, stream: taking } = takeStream()
      const route = makeSse(handler, { maxBufferedBytes: 10_240 })
      const reader = route(new Request(eventsUrl)).body?.getReader()
      const stream = await taking
      if (isRead) await reader?.read()
      const write = () => stream.write('x'.repeat(1_024 - 8))
      // Ten fill it, and the tenth has to wait. The comment does not count, nor does the eleventh itself.
      const writes = Array.from({ length: 10 }, write)
      expect(stream.signal.aborted).toBe(false)
      writes.push(write())
      expect(stream.signal.aborted).toBe(true)
      writes.push(write())
      expect(await Promise.all(writes)).toEqual(writes.map((_, n) => n < 9))
      expect(await stream.closed).toBe('overflow')
      expect(route.errors).toMatchObject([{ phase: 'write', error: { name: 'SseError', code: 'overflow' } }])
      expect(await reader?.read()).toEqual({ done: true, value: undefined })
    },
  )

  test('SSE-11 exactly the cap may wait, and one event may be larger than what is left', async ({
    makeSse,
  }) => {
    const { handler, stream: taking } = takeStream()
    const route = makeSse(handler, { maxBufferedBytes: 1_000 })
    const response = route(new Request(eventsUrl))
    const stream = await taking
    void stream.write('x'.repeat(999 - 8))
    void stream.write('y'.repeat(5_000))
    stream.close()
    expect(await response.text()).toContain('yyy')
    expect(await stream.closed).toBe('complete')
    expect(route.errors).toEqual([])
  })

  test('SSE-11 whoever awaits never overflows, even with a mark above the cap', async ({ makeSse }) => {
    let written = 0
    const route = makeSse(
      async (stream) => {
        while (written < 200 && (await stream.write('x'.repeat(1_000)))) written++
      },
      { maxBufferedBytes: 2_000, highWaterMarkBytes: 1_000_000 },
    )
    const reader = route(new Request(eventsUrl)).body?.getReader()
    for (let n = 0; n < 5; n++) await turn()
    expect(written).toBeLessThan(3)
    for (;;) {
      const result = await reader?.read()
      if (result?.done !== false) break
    }
    expect([written, route.errors]).toEqual([200, []])
  })
})

describe('SSE-12 mistakes of the program', () => {
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle

  const badFrames: [string, Parameters<SseStream['writeSSE']>[0]][] = [
    ['invalid-event', { event: 'a\nb', data: 1 }],
    ['invalid-event', { event: 7 as never, data: 1 }],
    ['invalid-id', { id: 'a\r', data: 1 }],
    ['invalid-id', { id: ' a', data: 1 }],
    ['invalid-id', { id: 'x'.repeat(1_025), data: 1 }],
    ['invalid-id', { id: null as never, data: 1 }],
    ['invalid-id', { id: true as never, data: 1 }],
    ['invalid-retry', { retry: -1, data: 1 }],
    ['invalid-retry', { retry: 1.5, data: 1 }],
    ['reserved', { id: 'sse:end', data: 1 }],
    ['reserved', { id: 'sse:', data: 1 }],
    ['reserved', { event: 'stream-error', data: 1 }],
    ['event-too-large', { data: 'x'.repeat(2_000) }],
    ['event-too-large', { data: 'é'.repeat(600) }],
    ['invalid-data', {} as never],
    ['invalid-data', undefined as never],
    ['invalid-data', 'text' as never],
  ]

  test.for(badFrames)('SSE-12 SSE-15 %s: %j', async ([code, frame], { makeSse }) => {
    let failure: unknown
    const route = makeSse(
      async (stream) => {
        failure = await stream.writeSSE(frame).catch((error: unknown) => error)
        expect(failure).toBeInstanceOf(SseError)
        expect(failure).toMatchObject({ code })
        await stream.write('still usable')
      },
      { maxEventBytes: 1_024 },
    )
    expect(await readAll(route)).toBe(`:\n\ndata: still usable\n\n${said('complete')}`)
    expect(route.errors).toMatchObject([{ phase: 'write' }])
    expect(route.errors[0]?.error).toBe(failure)
  })

  test('SSE-12 SSE-15 the limit counts bytes of UTF-8, names like ours are free, and numbers are ids', async ({
    makeSse,
  }) => {
    const route = makeSse(
      async (stream) => {
        await stream.write('é'.repeat((1_024 - 8) / 2))
        for (const event of ['end', 'error', 'open', 'stream-error ', ''])
          await stream.writeSSE({ event, id: 0, data: '' })
        await stream.writeSSE({ id: '', data: 'sse:end' })
      },
      { maxEventBytes: 1_024 },
    )
    const text = await readAll(route)
    expect(text).toContain('event: end\nid: 0\ndata:\n\n')
    expect(text).toContain('id:\ndata: sse:end\n\n')
    expect(route.errors).toEqual([])
  })

  test('SSE-12 a comment that is no text, or too long, is refused too', async ({ makeSse }) => {
    const route = makeSse(
      async (stream) => {
        await expect(stream.comment(7 as never)).rejects.toMatchObject({ code: 'invalid-data' })
        await expect(stream.comment('x'.repeat(200))).rejects.toMatchObject({ code: 'event-too-large' })
        await stream.comment('a\nb')
        await stream.comment()
      },
      { maxEventBytes: 100 },
    )
    expect(await readAll(route)).toBe(`:\n\n: a\n: b\n\n:\n\n${said('complete')}`)
  })

  test('SSE-12 unawaited in a timer, a mistake is no unhandled rejection; onError hears of it', async ({
    makeSse,
  }) => {
    const unhandled = vi.fn<(reason: unknown) => void>()
    process.on('unhandledRejection', unhandled)
    onTestFinished(() => void process.off('unhandledRejection', unhandled))
    const { handler, stream: taking } = takeStream()
    const route = makeSse(handler)
    const body = read(route)
    const stream = await taking
    setTimeout(() => void stream.writeSSE({ id: 'a\nb', data: 1 }), 1)
    await eventually(() =>
      expect(route.errors).toMatchObject([{ phase: 'write', error: { code: 'invalid-id' } }]),
    )
    await turn()
    await stream.write('still usable')
    await body.until('still usable')
    expect(unhandled).not.toHaveBeenCalled()
  })

  test('SSE-12 a handler that fails with an error that was reported is not reported again', async ({
    makeSse,
  }) => {
    const route = makeSse(async (stream) => {
      await stream.write(undefined as never)
    })
    expect(await readAll(route)).toContain(`"The stream failed."}\n\n${said('error')}`)
    expect(route.errors.map(({ phase }) => phase)).toEqual(['write'])
  })

  test('SSE-12 what is written to a stream that has ended is not looked at', async ({ makeSse }) => {
    const { handler, stream: taking } = takeStream()
    const route = makeSse(handler)
    const body = read(route)
    const stream = await taking
    await body.cancel()
    expect(await stream.write(undefined as never)).toBe(false)
    expect(await stream.writeSSE({ id: '\n', data: cycle })).toBe(false)
    expect(route.errors).toEqual([])
  })
})

describe('SSE-13 data', () => {
  test('SSE-13 text as it is, numbers and booleans by String, objects and null as JSON', async ({
    makeSse,
  }) => {
    const values = [
      'a "text"',
      '',
      0,
      -1.5,
      NaN,
      true,
      false,
      null,
      [],
      [1, 'a'],
      {},
      { data: 1, event: 'x', id: 'y' },
    ]
    const route = makeSse(async (stream) => {
      for (const value of [...values, new Date(0), new Map()]) await stream.write(value)
    })
    expect(await readAll(route)).toMatchInlineSnapshot(`
      ":

      data: a "text"

      data:

      data: 0

      data: -1.5

      data: NaN

      data: true

      data: false

      data: null

      data: []

      data: [1,"a"]

      data: {}

      data: {"data":1,"event":"x","id":"y"}

      data: "1970-01-01T00:00:00.000Z"

      data: {}

      event: end
      id: sse:end
      data: {"reason":"complete"}

      "
    `)
  })

  test.for([
    ['undefined', undefined],
    ['a function', () => {}],
    ['a symbol', Symbol('s')],
    ['a bigint', 1n],
    ['an object with a bigint', { n: 1n }],
    ['a promise', Promise.resolve(1)],
    // oxlint-disable-next-line unicorn/no-thenable -- such as a query that was not awaited
    ['a thenable', { then: () => {} }],
    ['an ArrayBuffer', new ArrayBuffer(1)],
    ['a SharedArrayBuffer', new SharedArrayBuffer(1)],
    ['bytes', new Uint8Array(1)],
    ['a Buffer', Buffer.from('x')],
    ['a DataView', new DataView(new ArrayBuffer(1))],
    ['a Blob', new Blob(['x'])],
    ['a File', new File(['x'], 'name')],
    ['a ReadableStream', new ReadableStream()],
    ['a WritableStream', new WritableStream()],
    ['a TransformStream', new TransformStream()],
    ['a stream of Node', Readable.from(['x'])],
    ['an async generator', (async function* () {})()],
    ['a Response', new Response('x')],
    [
      'a cycle',
      (() => {
        const cycle: Record<string, unknown> = {}
        cycle['self'] = cycle
        return cycle
      })(),
    ],
    ['an object whose JSON is undefined', { toJSON: () => undefined }],
    [
      'an object whose JSON fails',
      {
        toJSON: () => {
          throw new Error('of toJSON')
        },
      },
    ],
    [
      'an object that cannot be asked',
      new Proxy(
        {},
        {
          has: () => {
            throw new Error('of a proxy')
          },
        },
      ),
    ],
  ] as [string, unknown][])('SSE-13 %s is invalid-data', async ([, value], { makeSse }) => {
    const route = makeSse(async (stream) => {
      await expect(stream.write(value as never)).rejects.toMatchObject({
        name: 'SseError',
        code: 'invalid-data',
      })
      await expect(stream.writeSSE({ data: value as never })).rejects.toMatchObject({ code: 'invalid-data' })
    })
    expect(await readAll(route)).toBe(`:\n\n${said('complete')}`)
  })

  test('SSE-13 a toJSON that ends the stream, or writes, breaks nothing', async ({ makeSse }) => {
    const results: unknown[] = []
    const route = makeSse(async (stream) => {
      const writing = { toJSON: () => (void stream.write('inner'), 'outer') }
      results.push(await stream.write(writing))
      results.push(await stream.write({ toJSON: () => (stream.close(), 'late') }))
    })
    expect(await readAll(route)).toBe(`:\n\ndata: inner\n\ndata: "outer"\n\n${said('complete')}`)
    await eventually(() => expect(results).toEqual([true, false]))
  })
})
