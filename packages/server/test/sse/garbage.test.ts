import type { ServerResponse } from 'node:http'
import type { SseStream } from '@crux/server'
import { toNodeHandler } from '@crux/server'
import { expect, vi } from 'vitest'
import { eventually } from '../../../../test/eventually.ts'
import { rawGet } from '../support/raw-client.ts'
import {
  collectGarbage,
  eventsUrl,
  readText,
  takeStream,
  test,
  turn,
  type MakeSse,
} from '../support/sse-test.ts'

/** What belongs to one stream, by its name. */
type Kept = Record<string, WeakRef<object>>

function alive(kept: Kept): string[] {
  return Object.keys(kept).filter((name) => kept[name]?.deref() !== undefined)
}

function streamOf(kept: Kept): SseStream {
  return kept['stream']?.deref() as SseStream
}

/** A route whose handlers never come to an end; each has something of its own. */
function pendingRoute(makeSse: MakeSse) {
  const kept: Kept = {}
  const closed: Promise<unknown>[] = []
  const route = makeSse(
    async (stream, request) => {
      const own = { name: 'of the handler' }
      Object.assign(kept, {
        own: new WeakRef(own),
        stream: new WeakRef(stream),
        signal: new WeakRef(stream.signal),
        request: new WeakRef(request),
      })
      closed.push(stream.closed)
      stream.onAbort(() => void own.name)
      stream.signal.addEventListener('abort', () => void own.name)
      await stream.write('x'.repeat(100))
      await new Promise(() => {})
    },
    { maxLifetimeMs: 1_000_000 },
  )
  return { route, kept, closed }
}

test.for(['the body is cancelled', 'the request is aborted', 'the route is closed', 'close()'] as const)(
  'SSE-7 a handler that never returns can be collected when %s',
  async (way, { makeSse }) => {
    const { route, kept, closed } = pendingRoute(makeSse)
    const leaving = new AbortController()
    // It outlives the stream, as that of a server does which waits for the next request.
    const response = route(new Request(eventsUrl, { signal: leaving.signal }))
    const body = readText(response.body)
    await body.until('xxx')
    collectGarbage()
    expect(alive(kept)).toEqual(['own', 'stream', 'signal', 'request'])
    if (way === 'the body is cancelled') await body.cancel()
    if (way === 'the request is aborted') leaving.abort()
    if (way === 'the route is closed') route.close()
    if (way === 'close()') streamOf(kept).close()
    const word = { 'the route is closed': 'shutdown', 'close()': 'complete' }[way as string] ?? 'aborted'
    expect(await closed[0]).toBe(word)
    await eventually(async () => {
      await turn()
      collectGarbage()
      expect(alive(kept)).toEqual([])
    })
    expect([response.status, leaving.signal.aborted]).toEqual([200, way === 'the request is aborted'])
  },
)

test('SSE-7 SSE-28 on node:http too, while the connection stays open for the next request', async ({
  makeSse,
  listen,
}) => {
  const { route, kept, closed } = pendingRoute(makeSse)
  const { port } = await listen(toNodeHandler(route))
  const client = await rawGet(port)
  await client.until('xxx')
  collectGarbage()
  expect(alive(kept)).toContain('own')
  streamOf(kept).close()
  expect(await closed[0]).toBe('complete')
  await client.until('0\r\n\r\n')
  await eventually(async () => {
    await turn()
    collectGarbage()
    expect(alive(kept)).toEqual([])
  })
  client.socket.write('HEAD /live HTTP/1.1\r\nhost: test.local\r\n\r\n')
  await eventually(() => expect(client.text().split('200 OK')).toHaveLength(3))
})

test('SSE-7 SSE-28 nor does a client that takes nothing keep it, once the last byte is handed to Node', async ({
  makeSse,
  listen,
}) => {
  const { route, kept, closed } = pendingRoute(makeSse)
  const handle = toNodeHandler(route)
  let res: ServerResponse | undefined
  const { port } = await listen((req, given) => {
    res = given
    handle(req, given)
  })
  const client = await rawGet(port)
  await client.until('xxx')
  client.socket.pause()
  while (res?.writableLength === 0) {
    void streamOf(kept).write('x'.repeat(5_000))
    await turn()
  }
  streamOf(kept).close()
  expect(await closed[0]).toBe('complete')
  await eventually(async () => {
    await turn()
    collectGarbage()
    expect(alive(kept)).toEqual([])
  })
  expect(res?.closed).toBe(false)
})

test('SSE-7 a stream that is kept after its end does not keep the response', async ({ makeSse, listen }) => {
  const { handler, stream: taking } = takeStream()
  const handle = toNodeHandler(makeSse(handler))
  const kept: Kept = {}
  const { port } = await listen((req, res) => {
    kept['res'] = new WeakRef(res)
    handle(req, res)
  })
  const client = await rawGet(port)
  const stream = await taking
  client.socket.destroy()
  expect(await stream.closed).toBe('aborted')
  await eventually(async () => {
    await turn()
    collectGarbage()
    expect(alive(kept)).toEqual([])
  })
  expect(await stream.write('late')).toBe(false)
})

test('SSE-7 after the end no timer is left', async ({ makeSse }) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  try {
    const { route, closed } = pendingRoute(makeSse)
    const response = route(new Request(eventsUrl))
    const reader = response.body?.getReader()
    await reader?.read()
    expect(vi.getTimerCount()).toBeGreaterThan(0)
    await reader?.cancel()
    expect([await closed[0], vi.getTimerCount()]).toEqual(['aborted', 0])
  } finally {
    vi.useRealTimers()
  }
})
