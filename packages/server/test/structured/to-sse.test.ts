import { readStream, type Chunk } from '@crux/core/structured'
import { createStreamResponse, toNodeHandler, toSSE, type ChunkSource } from '@crux/server'
import { getEventListeners } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const hello: Chunk = { type: 'text-delta', id: 't1', delta: 'Hi\n' }
const internal = '{"type":"error","code":"internal","message":"The stream failed."}'

async function* from(chunks: readonly unknown[], failure?: Error) {
  // Some are no chunks; that is what is tested.
  yield* chunks as Chunk[]
  if (failure) throw failure
}

/** A source of the same chunk for ever that says what is done with it, and never ends when it is left. */
function watched(chunk: unknown) {
  const calls: string[] = []
  const source: AsyncIterable<Chunk> = {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        calls.push('next')
        // It may be none; that is what is tested.
        return { done: false, value: chunk as Chunk }
      },
      return: () => {
        calls.push('return')
        return new Promise(() => {})
      },
    }),
  }
  return { source, calls }
}

/** A source that waits until its signal aborts, and tells how it was treated. */
function waiting() {
  const seen = { calls: 0, isAborted: false, isReturned: false }
  const source: ChunkSource = async function* ({ signal }) {
    seen.calls++
    try {
      yield hello
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          seen.isAborted = true
          reject(new Error('aborted'))
        })
      })
    } finally {
      seen.isReturned = true
    }
  }
  return { source, seen }
}

test('STR-32 toSSE adds done and the marker, in one write', async () => {
  const response = toSSE(from([hello, { type: 'app.note', n: 1 }]), { status: 201, headers: { 'x-a': 'b' } })
  expect(response.status).toBe(201)
  expect(Object.fromEntries(response.headers)).toEqual({
    'cache-control': 'no-cache, no-transform',
    'content-type': 'text/event-stream; charset=utf-8',
    'x-a': 'b',
    'x-accel-buffering': 'no',
  })
  const writes: string[] = []
  for await (const bytes of response.body ?? []) writes.push(new TextDecoder().decode(bytes))
  expect(writes).toMatchInlineSnapshot(`
    [
      "data: {"type":"text-delta","id":"t1","delta":"Hi\\n"}

    ",
      "data: {"type":"app.note","n":1}

    ",
      "data: {"type":"done"}

    data: [DONE]

    ",
    ]
  `)
})

test('STR-32 createStreamResponse writes the chunks and the marker alone', async () => {
  const response = createStreamResponse(from([hello]))
  expect(response.status).toBe(200)
  expect(await response.text()).toBe(
    'data: {"type":"text-delta","id":"t1","delta":"Hi\\n"}\n\ndata: [DONE]\n\n',
  )
})

test('STR-32 createStreamResponse sends no comments', async () => {
  vi.useFakeTimers()
  const { source } = waiting()
  const reader = createStreamResponse(source).body?.getReader()
  await reader?.read()
  const silent = reader?.read()
  await vi.advanceTimersByTimeAsync(600_000)
  await reader?.cancel()
  expect(await silent).toEqual({ done: true, value: undefined })
})

test('STR-32 no done is added after an error of the turn, but after one of a stream', async () => {
  const error = { type: 'error', message: 'm' }
  expect(await toSSE(from([error])).text()).toBe('data: {"type":"error","message":"m"}\n\ndata: [DONE]\n\n')
  expect(await toSSE(from([{ ...error, streamId: 's' }])).text()).toContain('data: {"type":"done"}')
})

test.each([toSSE, createStreamResponse])(
  'STR-32 what follows done is not written by %o, and the source is returned',
  async (respond) => {
    const { source, calls } = watched({ type: 'done', data: 1 })
    expect(await respond(source).text()).toBe('data: {"type":"done","data":1}\n\ndata: [DONE]\n\n')
    expect(calls).toEqual(['next', 'return'])
  },
)

test('STR-32 content-type cannot be set', () => {
  expect(() => toSSE(from([]), { headers: { 'content-type': 'text/plain' } })).toThrow('content-type')
})

test('STR-32 a comment is sent while a read waits in silence, and no chunk is lost', async () => {
  vi.useFakeTimers()
  let push: (chunk: Chunk) => void = () => {}
  const source = new ReadableStream<Chunk>({
    start(controller) {
      push = (chunk) => controller.enqueue(chunk)
    },
  })
  const reader = toSSE(source).body?.getReader()
  const next = async () => new TextDecoder().decode((await reader?.read())?.value)
  for (let beat = 0; beat < 2; beat++) {
    let isBack = false
    const read = next().finally(() => {
      isBack = true
    })
    await vi.advanceTimersByTimeAsync(14_999)
    expect(isBack).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await read).toBe(':\n\n')
  }
  // Nobody waits now: time passes without a comment, and the chunk is kept.
  push(hello)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(await next()).toContain('text-delta')

  const inTime = next()
  push({ type: 'status', message: 'in time' })
  expect(await inTime).toContain('in time')
  await vi.advanceTimersByTimeAsync(60_000)
  const waiting = next()
  expect(vi.getTimerCount()).toBe(1)
  await reader?.cancel()
  expect(await waiting).toBe('')
  expect(vi.getTimerCount()).toBe(0)
})

test('STR-33 without a reader nothing is pulled, and then one at a time', async () => {
  let pulled = 0
  async function* many(): AsyncGenerator<Chunk> {
    for (; pulled < 5_000;) {
      pulled++
      yield hello
    }
  }
  const reader = toSSE(many()).body?.getReader()
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(pulled).toBe(0)
  for (let read = 1; read <= 3; read++) {
    await reader?.read()
    await new Promise((resolve) => setTimeout(resolve, 1))
    expect(pulled).toBeLessThanOrEqual(read + 1)
  }
  await reader?.cancel()
})

test('STR-33 while a chunk is waited for, comments ask for no other', async () => {
  vi.useFakeTimers()
  let asked = 0
  const source: AsyncIterable<Chunk> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        asked++
        return new Promise(() => {})
      },
    }),
  }
  const reader = toSSE(source).body?.getReader()
  for (let beat = 0; beat < 3; beat++) {
    const read = reader?.read()
    await vi.advanceTimersByTimeAsync(15_000)
    await read
  }
  expect(asked).toBe(1)
  await reader?.cancel()
})

test('STR-34 a cancel reaches a source that waits', async () => {
  const { source, seen } = waiting()
  const errors: unknown[] = []
  const reader = toSSE(source, { onError: (error) => errors.push(error) }).body?.getReader()
  await reader?.read()
  const pending = reader?.read()
  await reader?.cancel()
  await pending
  await expect.poll(() => seen).toEqual({ calls: 1, isAborted: true, isReturned: true })
  await new Promise((resolve) => setImmediate(resolve))
  expect(errors).toEqual([])
})

test('STR-34 the source is returned once, and not awaited', async () => {
  const { source, calls } = watched(hello)
  const controller = new AbortController()
  const reader = toSSE(source, { signal: controller.signal }).body?.getReader()
  await reader?.read()
  await reader?.cancel()
  controller.abort()
  await expect.poll(() => calls).toContain('return')
  expect(calls).toEqual(['next', 'return'])
})

test('STR-34 a cancel reaches a stream that waits, and how a source fails to end is of no use to anyone', async () => {
  const ends: string[] = []
  const end = (name: string) => {
    ends.push(name)
    // That nobody handles it would fail the run.
    return Promise.reject(new Error('cannot end'))
  }
  let asked = 0
  const never = () => {
    asked++
    return new Promise<never>(() => {})
  }
  const stream = new ReadableStream<Chunk>({ pull: never, cancel: () => end('cancel') }, { highWaterMark: 0 })
  const iterable: AsyncIterable<Chunk> = {
    [Symbol.asyncIterator]: () => ({ next: never, return: () => end('return') }),
  }
  for (const [index, source] of [stream, iterable].entries()) {
    const reader = toSSE(source).body?.getReader()
    const pending = reader?.read()
    await expect.poll(() => asked).toBe(index + 1)
    await reader?.cancel()
    await pending
  }
  await expect.poll(() => ends).toEqual(['cancel', 'return'])
})

test('STR-34 an abort of the request ends the body without a marker, and lets go of the signal', async () => {
  const { source, seen } = waiting()
  const controller = new AbortController()
  const reader = toSSE(source, { signal: controller.signal }).body?.getReader()
  await reader?.read()
  const pending = reader?.read()
  controller.abort()
  expect(await pending).toEqual({ done: true, value: undefined })
  await expect.poll(() => seen.isReturned).toBe(true)
  expect(getEventListeners(controller.signal, 'abort')).toEqual([])
})

test('STR-34 a body that ends or is cancelled lets go of the signal', async () => {
  const { signal } = new AbortController()
  await toSSE(from([hello]), { signal }).text()
  await toSSE(from([], new Error('boom')), { signal, onError: () => {} }).text()
  await toSSE(from([hello]), { signal }).body?.cancel()
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('STR-34 before the first read a function is not called, an iterable returned, a stream cancelled', async () => {
  const { source, seen } = waiting()
  const ends: ((given: ChunkSource) => unknown)[] = [
    (given) => toSSE(given).body?.cancel(),
    (given) => toSSE(given, { signal: AbortSignal.abort() }).text(),
    (given) => {
      const controller = new AbortController()
      const response = toSSE(given, { signal: controller.signal })
      controller.abort()
      return response.text()
    },
  ]
  for (const end of ends) {
    const { source: iterable, calls } = watched(hello)
    const stream = new ReadableStream<Chunk>({ cancel: () => void calls.push('cancel') })
    for (const given of [source, iterable, stream]) expect((await end(given)) ?? '').toBe('')
    await expect.poll(() => calls).toEqual(['return', 'cancel'])
  }
  expect(seen.calls).toBe(0)
})

const cycle: Record<string, unknown> = { type: 'app.cycle' }
cycle['self'] = cycle

test.each<[string, ChunkSource]>([
  ['a source that throws', from([hello], new Error('secret'))],
  [
    'a function that throws',
    () => {
      throw new Error('secret')
    },
  ],
  ['a bigint', from([{ type: 'app.big', secret: 1n }])],
  ['a cycle', from([cycle])],
  ['a chunk with an empty type', from([{ type: '', secret: 1 }])],
  ['a chunk that is a list', from([Object.assign(['secret'], { type: 'app.list' })])],
  ['a chunk without type', from([{ secret: 1 }])],
  ['a chunk that is no object', from(['secret'])],
  ['null', from([null])],
])('STR-35 %s is told in fixed words, and the body ends well', async (_name, source) => {
  const errors: unknown[] = []
  const text = await toSSE(source, { onError: (error) => errors.push(error) }).text()
  expect(text.endsWith(`data: ${internal}\n\ndata: [DONE]\n\n`)).toBe(true)
  expect(text).not.toContain('secret')
  expect(errors).toHaveLength(1)
})

test('STR-35 a source whose chunk cannot be sent is left', async () => {
  const { source, calls } = watched({ type: 'app.big', n: 1n })
  await toSSE(source, { onError: () => {} }).text()
  await expect.poll(() => calls).toEqual(['next', 'return'])
})

test('STR-35 maskError chooses the words, and what it or onError throws changes nothing', async () => {
  const failing = () => from([], new Error('secret'))
  const throwing = () => {
    throw new Error('mine')
  }
  const onError = () => {}
  const masked = await toSSE(failing(), {
    onError,
    maskError: () => ({ code: 'busy', message: 'Later.' }),
  }).text()
  expect(masked).toBe('data: {"type":"error","code":"busy","message":"Later."}\n\ndata: [DONE]\n\n')
  for (const options of [{ onError: throwing }, { onError, maskError: throwing }])
    expect(await createStreamResponse(failing(), options).text()).toBe(
      `data: ${internal}\n\ndata: [DONE]\n\n`,
    )
})

test('STR-35 without onError it goes to the console', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  const error = new Error('boom')
  await toSSE(from([], error)).text()
  expect(logged).toHaveBeenCalledWith(error)
})

test('STR-35 an error chunk of the author passes as it is', async () => {
  expect(await toSSE(from([{ type: 'error', message: 'Sorry, Ann.', code: 'mine' }])).text()).toContain(
    '{"type":"error","message":"Sorry, Ann.","code":"mine"}',
  )
})

test('STR-31 STR-38 what a route sends over the network is read as it was', async () => {
  const server = createServer(
    toNodeHandler((request) => toSSE(from([hello, hello]), { signal: request.signal })),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    // A server that listens on TCP has such an address.
    const { port } = server.address() as AddressInfo
    const { body } = await fetch(`http://127.0.0.1:${port}/`)
    const chunks: Chunk[] = []
    for await (const chunk of readStream(body)) chunks.push(chunk)
    expect(chunks).toEqual([hello, hello, { type: 'done' }])
  } finally {
    server.close()
  }
})
