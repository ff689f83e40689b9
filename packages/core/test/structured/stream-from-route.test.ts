import { streamFromRoute, StreamError, type Chunk, type RouteStreamOptions } from '@crux/core/structured'
import { getEventListeners } from 'node:events'
import { afterEach, expect, test, vi } from 'vitest'
import { bodyOf } from '../sse/bodies.ts'

const utf8 = new TextEncoder()
const stream = { 'content-type': 'text/event-stream' }
const delta = 'data: {"type":"text-delta","delta":"x"}\n\n'

afterEach(() => vi.useRealTimers())

async function ask(options: Partial<RouteStreamOptions>) {
  const chunks: Chunk[] = []
  const turn = streamFromRoute({ endpoint: '/api', ...options })
  try {
    for (;;) {
      const step = await turn.next()
      if (step.done) return { chunks, end: step.value }
      chunks.push(step.value)
    }
  } catch (error) {
    if (!StreamError.is(error)) throw error
    const { code, message, status } = error
    return { chunks, end: code, message, status }
  }
}

/** The bytes of a text, one piece for each. */
const everyByte = (text: string) => Array.from(utf8.encode(text), (byte) => Uint8Array.of(byte))

const answer = (response: () => Response | Promise<Response>) => ({ fetch: async () => response() })

test('STR-41 the request is JSON and asks for an event stream', async () => {
  const requests: Request[] = []
  const fetch = async (input: unknown, init?: RequestInit) => {
    requests.push(new Request(new URL(String(input), 'http://host'), init))
    return new Response(`${delta}data: [DONE]\n\n`, { headers: stream })
  }
  expect(await ask({ body: { a: 1 }, headers: { 'x-a': 'b' }, fetch })).toMatchObject({ end: 'done' })
  await ask({ method: 'GET', fetch })
  await ask({ body: 1, headers: { 'content-type': 'application/vnd.mine+json' }, fetch })
  const [post, get, mine] = requests
  expect(mine?.headers.get('content-type')).toBe('application/vnd.mine+json')
  expect(post?.method).toBe('POST')
  expect(Object.fromEntries(post?.headers ?? [])).toMatchObject({
    accept: 'text/event-stream',
    'content-type': 'application/json',
    'x-a': 'b',
  })
  expect(await post?.json()).toEqual({ a: 1 })
  expect(get?.method).toBe('GET')
  expect(get?.headers.has('content-type')).toBe(false)
})

test.each<[string, () => Response | Promise<Response>, object]>([
  ['offline', () => Promise.reject(new TypeError('offline')), { end: 'network' }],
  [
    'HTML with 200',
    () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
    { end: 'bad-content-type' },
  ],
  [
    'a type that only begins alike',
    () => new Response(delta, { headers: { 'content-type': 'text/event-streams' } }),
    { end: 'bad-content-type' },
  ],
  [
    'a cut body, with a charset',
    () => new Response(delta, { headers: { 'content-type': 'Text/Event-Stream; charset=utf-8' } }),
    { end: 'truncated' },
  ],
  ['a cut body', () => new Response(delta, { headers: stream }), { end: 'truncated' }],
  ['no body', () => new Response(null, { headers: stream }), { end: 'no-body' }],
  [
    'a text error',
    () => new Response('<html>', { status: 502 }),
    { end: 'http', status: 502, message: 'Request failed (502)' },
  ],
  [
    'an error text',
    () => Response.json({ error: 'too long' }, { status: 400 }),
    { end: 'http', status: 400, message: 'too long' },
  ],
  [
    'an error object',
    () => Response.json({ error: { message: 'no' } }, { status: 403 }),
    { status: 403, message: 'no' },
  ],
  [
    'a message',
    () => Response.json({ message: 'm'.repeat(900) }, { status: 500 }),
    { message: 'm'.repeat(500) },
  ],
  [
    'a message that says nothing',
    () => Response.json({ error: '' }, { status: 500 }),
    { message: 'Request failed (500)' },
  ],
  [
    'an error whose letters come in two pieces',
    () => new Response(bodyOf(everyByte('{"error":"zu groß"}')).body, { status: 400 }),
    { message: 'zu groß' },
  ],
  ['an empty error', () => new Response(null, { status: 503 }), { message: 'Request failed (503)' }],
])('STR-41 %s is a typed error', async (_name, response, expected) => {
  expect(await ask(answer(response))).toMatchObject(expected)
})

test('STR-41 a body that is not read is cancelled, and of an error body only its start is read', async () => {
  const html = bodyOf(['<html>'], { open: true })
  await ask(answer(() => new Response(html.body, { headers: { 'content-type': 'text/html' } })))
  expect(html.seen.isCancelled).toBe(true)

  let pieces = 0
  function* endless() {
    for (; ; pieces++) yield 'x'.repeat(8192)
  }
  const long = bodyOf(endless())
  expect(await ask(answer(() => new Response(long.body, { status: 500 })))).toMatchObject({
    message: 'Request failed (500)',
  })
  expect(long.seen.isCancelled).toBe(true)
  // A body may have taken one more than was read.
  expect(pieces * 8192).toBeLessThanOrEqual(65_536 + 8192)
})

test('STR-41 an error body that never ends is waited for 5 s', async () => {
  vi.useFakeTimers()
  const slow = bodyOf(['{"error":'], { open: true })
  // Its silence is limited by that alone.
  const asked = ask({ idleTimeoutMs: 1_000, ...answer(() => new Response(slow.body, { status: 500 })) })
  await vi.advanceTimersByTimeAsync(5_000)
  expect(await asked).toMatchObject({ end: 'http', message: 'Request failed (500)' })
  expect(vi.getTimerCount()).toBe(0)
})

test('STR-41 STR-42 a request that is over leaves no timer and no listener', async () => {
  vi.useFakeTimers()
  const { signal } = new AbortController()
  const bodies = [`${delta}data: [DONE]\n\n`, delta]
  for (const body of bodies)
    await ask({ signal, idleTimeoutMs: 1_000, ...answer(() => new Response(body, { headers: stream })) })
  await ask({ signal, idleTimeoutMs: 1_000, fetch: () => Promise.reject(new TypeError('offline')) })
  expect(vi.getTimerCount()).toBe(0)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('STR-41 a silent server is given up, before and after its headers', async () => {
  vi.useFakeTimers()
  const never = ask({ idleTimeoutMs: 1_000, fetch: () => new Promise(() => {}) })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await never).toMatchObject({ end: 'idle-timeout' })

  const { body, seen } = bodyOf([delta], { open: true })
  const silent = ask({ idleTimeoutMs: 1_000, ...answer(() => new Response(body, { headers: stream })) })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await silent).toMatchObject({ chunks: [{ delta: 'x' }], end: 'idle-timeout' })
  expect(seen.isCancelled).toBe(true)
})

test('STR-41 with 0 a silent server is waited for', async () => {
  vi.useFakeTimers()
  const controller = new AbortController()
  const { body } = bodyOf([delta], { open: true })
  const asked = ask({
    idleTimeoutMs: 0,
    signal: controller.signal,
    ...answer(() => new Response(body, { headers: stream })),
  })
  await vi.advanceTimersByTimeAsync(86_400_000)
  controller.abort()
  expect(await asked).toMatchObject({ chunks: [{ delta: 'x' }], end: 'aborted' })
})

test('STR-41 a slow reader is not a silent server', async () => {
  vi.useFakeTimers()
  const { body } = bodyOf([delta, delta, 'data: [DONE]\n\n'])
  const turn = streamFromRoute({
    endpoint: '/api',
    idleTimeoutMs: 1_000,
    ...answer(() => new Response(body, { headers: stream })),
  })
  for (let chunk = 0; chunk < 2; chunk++) {
    expect((await turn.next()).value).toMatchObject({ delta: 'x' })
    await vi.advanceTimersByTimeAsync(60_000)
  }
  expect(await turn.next()).toEqual({ done: true, value: 'done' })
})

test('STR-41 a server that is silent while nobody reads is not given up', async () => {
  vi.useFakeTimers()
  let push: (text: string) => void = () => {}
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      push = (text) => controller.enqueue(utf8.encode(text))
    },
  })
  push(delta)
  const turn = streamFromRoute({
    endpoint: '/api',
    idleTimeoutMs: 1_000,
    ...answer(() => new Response(body, { headers: stream })),
  })
  await turn.next()
  await vi.advanceTimersByTimeAsync(60_000)
  push(delta)
  expect((await turn.next()).value).toMatchObject({ delta: 'x' })
})

test('STR-41 by default two heartbeats teach how long a server may be silent', async () => {
  vi.useFakeTimers()
  let push: (text: string) => void = () => {}
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      push = (text) => controller.enqueue(new TextEncoder().encode(text))
    },
  })
  const asked = ask(answer(() => new Response(body, { headers: stream })))
  await vi.advanceTimersByTimeAsync(500_000)
  push(':\n\n')
  await vi.advanceTimersByTimeAsync(20_000)
  push(':\n\n')
  await vi.advanceTimersByTimeAsync(49_999)
  let isOver = false
  void asked.then(() => {
    isOver = true
  })
  await vi.advanceTimersByTimeAsync(0)
  expect(isOver).toBe(false)
  await vi.advanceTimersByTimeAsync(2)
  expect(await asked).toMatchObject({ end: 'idle-timeout' })
})

test('STR-42 an abort is no error, before the request, before the headers and in the body', async () => {
  const fetch = vi.fn<typeof globalThis.fetch>(async () => new Response())
  expect(await ask({ signal: AbortSignal.abort(), fetch })).toEqual({ chunks: [], end: 'aborted' })
  expect(fetch).not.toHaveBeenCalled()

  const early = new AbortController()
  const late = bodyOf([delta], { open: true })
  let respond: (response: Response) => void = () => {}
  const asked = ask({ signal: early.signal, fetch: () => new Promise((resolve) => (respond = resolve)) })
  await Promise.resolve()
  early.abort()
  expect(await asked).toEqual({ chunks: [], end: 'aborted' })
  respond(new Response(late.body, { headers: stream }))
  await expect.poll(() => late.seen.isCancelled).toBe(true)

  const inBody = new AbortController()
  const { body, seen } = bodyOf([delta], { open: true })
  const turn = streamFromRoute({
    endpoint: '/api',
    signal: inBody.signal,
    ...answer(() => new Response(body, { headers: stream })),
  })
  await turn.next()
  const waiting = turn.next()
  inBody.abort()
  expect(await waiting).toEqual({ done: true, value: 'aborted' })
  expect(seen.isCancelled).toBe(true)
})

test('STR-42 an abort ends the reading of an error body too', async () => {
  // The limit of 5 s is never reached.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const controller = new AbortController()
  const endless = bodyOf(['{"error":'], { open: true })
  const refused = ask({
    signal: controller.signal,
    ...answer(() => new Response(endless.body, { status: 500 })),
  })
  await vi.waitFor(() => expect(endless.body.locked).toBe(true), { interval: 1 })
  controller.abort()
  expect(await refused).toEqual({ chunks: [], end: 'aborted' })
  expect(endless.seen.isCancelled).toBe(true)
})
