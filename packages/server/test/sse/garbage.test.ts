import type { SseStream } from '@crux/server'
import { toNodeHandler } from '@crux/server'
import { expect, vi } from 'vitest'
import { rawGet } from '../support/raw-client.ts'
import { collectGarbage, eventsUrl, readText, test, turn, type MakeSse } from '../support/sse-test.ts'

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
    await vi.waitFor(async () => {
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
  await vi.waitFor(async () => {
    await turn()
    collectGarbage()
    expect(alive(kept)).toEqual([])
  })
  client.socket.write('HEAD /live HTTP/1.1\r\nhost: test.local\r\n\r\n')
  await vi.waitFor(() => expect(client.text().split('200 OK')).toHaveLength(3))
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
