import { openEventStream, SseClientError, type EventStream, type EventStreamState } from '@crux/core/client'
import type { SseMessage } from '@crux/core/sse'
import { once } from 'node:events'
import { createServer as createSocketServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, onTestFinished, vi } from 'vitest'
import { events, status, test, theEnd } from './events-server.ts'

const backoff = { baseMs: 1, maxMs: 5 }

/** Follows a URL and keeps everything it said. */
function follow(url: string, options: Parameters<typeof openEventStream>[1] = {}) {
  const received: SseMessage[] = []
  const states: EventStreamState[] = []
  const stream = openEventStream(url, { backoff, onEvent: (message) => received.push(message), ...options })
  stream.subscribe(() => states.push(stream.getState()))
  onTestFinished(() => stream.close())
  return { stream, received, states }
}

const errorOf = (stream: EventStream) => {
  const { error } = stream.getState()
  return error && { code: error.code, status: error.status }
}

describe('SSE-36 the request', () => {
  test('SSE-36 asks for an event stream, uncached, with the headers and the query given', async ({
    serve,
  }) => {
    const { url, requests } = await serve(events(theEnd))
    const { stream } = follow(`${url}?b=2&a=1#part`, {
      headers: { authorization: 'Bearer t' },
      query: { b: 3, c: true, d: 'é &', e: null, f: undefined },
    })
    expect(await stream.closed).toBe('ended')
    expect(requests[0]?.method).toBe('GET')
    expect(requests[0]?.headers).toMatchObject({
      accept: 'text/event-stream',
      authorization: 'Bearer t',
      'cache-control': 'no-cache',
    })
    expect(requests[0]?.headers).not.toHaveProperty('last-event-id')
    expect(requests[0]?.url).toBe('/events?a=1&b=3&c=true&d=%C3%A9+%26')
  })

  test('SSE-36 a URL without a query to add is sent as it is', async ({ serve }) => {
    const { url, requests } = await serve(events(theEnd))
    await follow(`${url}?signed=a%20b%2Fc#x`).stream.closed
    expect(requests[0]?.url).toBe('/events?signed=a%20b%2Fc')
  })

  test('SSE-36 query may hold one name several times', async ({ serve }) => {
    const { url, requests } = await serve(events(theEnd))
    await follow(`${url}?tag=old`, { query: new URLSearchParams('tag=a&tag=b') }).stream.closed
    expect(requests[0]?.url).toBe('/events?tag=a&tag=b')
  })

  test('SSE-36 headers are asked for at each attempt', async ({ serve }) => {
    const { url, requests } = await serve(events('data: 1\n\n'), events(theEnd))
    let attempt = 0
    await follow(url, { headers: async () => ({ 'x-attempt': String(++attempt) }) }).stream.closed
    expect(requests.map(({ headers }) => headers['x-attempt'])).toEqual(['1', '2'])
  })

  test('SSE-36 the last id goes back as a header, from the start if one is given', async ({ serve }) => {
    const { url, requests } = await serve(events('id: 8\ndata: x\n\n'), events(theEnd))
    await follow(url, { lastEventId: '7' }).stream.closed
    expect(requests.map(({ headers }) => headers['last-event-id'])).toEqual(['7', '8'])
  })

  test('SSE-36 or in the query, where it takes the place of an older one', async ({ serve }) => {
    const { url, requests } = await serve(events('id: 8 é\ndata: x\n\n'), events(theEnd))
    await follow(`${url}?lastEventId=1&a=b`, { lastEventId: '7', lastEventIdIn: 'query' }).stream.closed
    expect(requests.map((request) => request.url)).toEqual([
      '/events?a=b&lastEventId=7',
      '/events?a=b&lastEventId=8+%C3%A9',
    ])
    expect(requests[1]?.headers).not.toHaveProperty('last-event-id')
  })

  test.for(['\u0001', 'a\u007fb', ' lead', 'trail ', '\tlead'])(
    'SSE-36 a foreign id that a header would refuse or trim (%j) is not sent, and does not stop the stream',
    async (id, { serve }) => {
      const { url, requests } = await serve(events(`id: ${id}\ndata: x\n\n`), events(theEnd))
      const { stream } = follow(url)
      expect(await stream.closed).toBe('ended')
      expect(requests).toHaveLength(2)
      expect(requests[1]?.headers).not.toHaveProperty('last-event-id')
      expect(stream.getState().lastEventId).toBe(id)
    },
  )

  test('SSE-36 a tab inside an id is sent', async ({ serve }) => {
    const { url, requests } = await serve(events('id: a\tb\ndata: x\n\n'), events(theEnd))
    await follow(url).stream.closed
    expect(requests[1]?.headers['last-event-id']).toBe('a\tb')
  })

  test('SSE-36 (A9) a non-ASCII id survives a reconnect byte for byte', async () => {
    const id = 'zürich·漢字😀~'
    const heads: Buffer[] = []
    const server = createSocketServer((socket: Socket) => {
      socket.on('data', (bytes) => {
        heads.push(bytes)
        const body = heads.length === 1 ? `id: ${id}\ndata: x\n\n` : theEnd
        socket.end(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n${body}`)
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    await follow(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`).stream.closed
    expect(heads[1]?.includes(Buffer.from(`last-event-id: ${id}\r\n`))).toBe(true)
  })
})

describe('SSE-37 what an answer means', () => {
  test.for([205, 301, 401, 404, 410])('SSE-37 (A9) status %i is fatal', async (code, { serve }) => {
    const { url, requests } = await serve(status(code))
    const { stream, received } = follow(url)
    expect(await stream.closed).toBe('failed')
    expect(errorOf(stream)).toEqual({ code: 'http', status: code })
    expect(requests).toHaveLength(1)
    expect(received).toEqual([])
  })

  test.for([408, 425, 429, 500, 503])('SSE-37 (A9) status %i is tried again', async (code, { serve }) => {
    const { url, requests } = await serve(status(code), events(`data: x\n\n${theEnd}`))
    const { stream, received, states } = follow(url)
    expect(await stream.closed).toBe('ended')
    expect(states.map((state) => [state.status, state.error?.status])).toEqual([
      ['reconnecting', code],
      ['live', undefined],
      ['ended', undefined],
    ])
    expect(requests).toHaveLength(2)
    expect(received).toEqual([{ event: 'message', data: 'x', id: '' }])
  })

  test('SSE-37 (A9) 429 waits as long as Retry-After says', async ({ serve }) => {
    const times: number[] = []
    const { url } = await serve(
      (request, response) => {
        times.push(performance.now())
        return status(429, { 'retry-after': '1' })(request, response)
      },
      (request, response) => {
        times.push(performance.now())
        return events(theEnd)(request, response)
      },
    )
    await follow(url).stream.closed
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(990)
  })

  test('SSE-37 (A9) 204 is the end', async ({ serve }) => {
    const { url, requests } = await serve(status(204))
    const { stream } = follow(url)
    expect(await stream.closed).toBe('ended')
    expect(stream.getState()).toEqual({ status: 'ended', error: null, lastEventId: '' })
    expect(requests).toHaveLength(1)
  })

  test('SSE-37 (A9) an HTML page with 200 is fatal', async ({ serve }) => {
    const { url, requests } = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Sign in</p>')
    })
    const { stream } = follow(url)
    expect(await stream.closed).toBe('failed')
    expect(stream.getState().error).toMatchObject({ name: 'SseClientError', code: 'bad-content-type' })
    expect(requests).toHaveLength(1)
  })

  test.for(['text/event-stream', 'Text/Event-Stream ; charset=utf-8'])(
    'SSE-37 %s is an event stream',
    async (type, { serve }) => {
      const { url } = await serve((_request, response) => {
        response.writeHead(200, { 'content-type': type }).end(theEnd)
      })
      expect(await follow(url).stream.closed).toBe('ended')
    },
  )

  test.for(['text/event-stream2', 'application/text/event-stream'])(
    'SSE-37 %s is not',
    async (type, { serve }) => {
      const { url } = await serve((_request, response) => {
        response.writeHead(200, { 'content-type': type }).end(theEnd)
      })
      expect(await follow(url).stream.closed).toBe('failed')
    },
  )

  test('SSE-37 a redirect that fetch follows is not seen', async ({ serve }) => {
    const { url, requests } = await serve(status(307, { location: '/elsewhere' }), events(theEnd))
    expect(await follow(url).stream.closed).toBe('ended')
    expect(requests.map((request) => request.url)).toEqual(['/events', '/elsewhere'])
  })

  test('SSE-37 a refused connection is tried again', async ({ serve }) => {
    const { url, requests } = await serve((request) => void request.socket.destroy(), events(theEnd))
    const { stream, states } = follow(url)
    expect(await stream.closed).toBe('ended')
    expect(states[0]).toMatchObject({ status: 'reconnecting', error: { code: 'network' } })
    expect(requests).toHaveLength(2)
  })

  test('SSE-37 an event that is too large is fatal, and what came before it is delivered', async ({
    serve,
  }) => {
    const { url, requests } = await serve(
      events(`id: 1\ndata: a\n\nid: 2\ndata: ${'x'.repeat(1_048_577)}\n\ndata: b\n\n`),
    )
    const { stream, received } = follow(url)
    expect(await stream.closed).toBe('failed')
    expect(errorOf(stream)).toEqual({ code: 'event-too-large', status: undefined })
    expect(received.map(({ data }) => data)).toEqual(['a'])
    expect(stream.getState().lastEventId).toBe('1')
    expect(requests).toHaveLength(1)
  })
})

describe('SSE-38 the end', () => {
  test('SSE-38 the terminal frame is not delivered and its id is not the last id', async ({ serve }) => {
    const { url, requests } = await serve(
      events(`id: 1\ndata: a\n\n${theEnd}data: after\n\n`, { open: true }),
    )
    const { stream, received } = follow(url)
    expect(await stream.closed).toBe('ended')
    expect(stream.getState()).toEqual({ status: 'ended', error: null, lastEventId: '1' })
    expect(received).toEqual([{ event: 'message', data: 'a', id: '1' }])
    expect(requests).toHaveLength(1)
  })

  test('SSE-38 an event named end without that id is an event like any other', async ({ serve }) => {
    const { url } = await serve(events(`event: end\ndata: x\n\n${theEnd}`))
    const { stream, received } = follow(url)
    expect(await stream.closed).toBe('ended')
    expect(received).toEqual([{ event: 'end', data: 'x', id: '' }])
  })

  test('SSE-38 any frame with that id ends the stream, even one without data', async ({ serve }) => {
    for (const frame of ['event: bye\nid: sse:end\ndata: x\n\n', 'id: sse:end\n\n']) {
      const { url, requests } = await serve(events(frame, { open: true }))
      const { stream, received } = follow(url)
      expect(await stream.closed).toBe('ended')
      expect(received.map(({ event }) => event)).toEqual(frame.includes('bye') ? ['bye'] : [])
      expect(stream.getState().lastEventId).toBe('')
      expect(requests).toHaveLength(1)
    }
  })

  test('SSE-38 stream-error sets the error with what the server said, and reason error is failed', async ({
    serve,
  }) => {
    const { url } = await serve(
      events(
        'data: a\n\nevent: stream-error\ndata: {"code":"quota","message":"No more."}\n\n' +
          'event: end\nid: sse:end\ndata: {"reason":"error"}\n\n',
      ),
    )
    const { stream, received, states } = follow(url)
    expect(await stream.closed).toBe('failed')
    expect(stream.getState().error).toBeInstanceOf(SseClientError)
    expect(stream.getState().error).toMatchObject({
      code: 'stream-error',
      serverCode: 'quota',
      message: 'No more.',
    })
    expect(received.map(({ data }) => data)).toEqual(['a'])
    expect(states.map((state) => [state.status, state.error?.code])).toEqual([
      ['live', undefined],
      ['live', 'stream-error'],
      ['failed', 'stream-error'],
    ])
  })

  test('SSE-38 reason error without a stream-error still says that the stream failed', async ({ serve }) => {
    const { url } = await serve(events('event: end\nid: sse:end\ndata: {"reason":"error"}\n\n'))
    const { stream } = follow(url)
    expect(await stream.closed).toBe('failed')
    expect(stream.getState().error).toMatchObject({ code: 'stream-error', message: 'The stream failed.' })
  })

  test('SSE-38 a server that failed but lets clients come back is asked again', async ({ serve }) => {
    const { url, requests } = await serve(events('event: stream-error\ndata: what?\n\n'), events(theEnd))
    const { stream, states } = follow(url)
    expect(await stream.closed).toBe('ended')
    expect(requests).toHaveLength(2)
    expect(states.map((state) => [state.status, state.error?.code])).toEqual([
      ['live', undefined],
      ['live', 'stream-error'],
      ['reconnecting', 'stream-error'],
      ['live', undefined],
      ['ended', undefined],
    ])
  })

  test('SSE-38 an event named in until is delivered, then ends the stream', async ({ serve }) => {
    const { url, requests } = await serve(
      events('data: a\n\nevent: complete\ndata: b\n\ndata: c\n\n', { open: true }),
    )
    const { stream, received } = follow(url, { until: ['complete'] })
    expect(await stream.closed).toBe('ended')
    expect(received.map(({ data }) => data)).toEqual(['a', 'b'])
    expect(requests).toHaveLength(1)
  })
})

describe('SSE-40 reconnecting or not', () => {
  test('SSE-40 a body that just ends is asked for again, without an error', async ({ serve }) => {
    const { url, requests } = await serve(events('id: 1\ndata: a\n\n'), events(`id: 2\ndata: b\n\n${theEnd}`))
    const { stream, received, states } = follow(url)
    expect(await stream.closed).toBe('ended')
    expect(requests.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '1'])
    expect(received.map(({ data }) => data)).toEqual(['a', 'b'])
    expect(states.every(({ error }) => error === null)).toBe(true)
  })

  test('SSE-40 (A9) a POST is not repeated: a body without its end is truncated', async ({ serve }) => {
    const bodies: string[] = []
    const { url, requests } = await serve(async (request, response) => {
      let text = ''
      for await (const piece of request) text += String(piece)
      bodies.push(text)
      return events('data: a\n\n')(request, response)
    })
    const { stream, received } = follow(url, { body: 'ask', headers: { 'content-type': 'text/plain' } })
    expect(await stream.closed).toBe('failed')
    expect(errorOf(stream)).toEqual({ code: 'truncated', status: undefined })
    expect(requests.map(({ method }) => method)).toEqual(['POST'])
    expect(bodies).toEqual(['ask'])
    expect(received).toHaveLength(1)
  })

  test('SSE-40 a POST that is complete has ended; one that meets a 500 has failed', async ({ serve }) => {
    const complete = await serve(events(theEnd))
    expect(await follow(complete.url, { method: 'POST' }).stream.closed).toBe('ended')
    const broken = await serve(status(500))
    const { stream } = follow(broken.url, { method: 'POST' })
    expect(await stream.closed).toBe('failed')
    expect(errorOf(stream)).toEqual({ code: 'http', status: 500 })
    expect(broken.requests).toHaveLength(1)
  })

  test('SSE-40 reconnect may be said outright', async ({ serve }) => {
    const get = await serve(events('data: a\n\n'))
    expect(await follow(get.url, { reconnect: false }).stream.closed).toBe('failed')
    const lower = await serve(events('data: a\n\n'), events(theEnd))
    expect(await follow(lower.url, { method: 'get' }).stream.closed).toBe('ended')
    const post = await serve(events('data: a\n\n'), events(theEnd))
    expect(await follow(post.url, { method: 'POST', reconnect: true }).stream.closed).toBe('ended')
  })
})

describe('SSE-39 close and listeners', () => {
  test('SSE-39 nothing leaves before a microtask, and nothing after a close', async ({ serve }) => {
    const { url, requests } = await serve(events(theEnd))
    const { stream } = follow(url)
    expect(stream.getState().status).toBe('connecting')
    stream.close()
    expect(await stream.closed).toBe('idle')
    expect(stream.getState().status).toBe('idle')
    const probe = follow(url)
    await probe.stream.closed
    expect(requests).toHaveLength(1)
  })

  test('close() stops delivery in the middle of a piece and frees the socket', async ({ serve }) => {
    const server = await serve(events('id: 1\ndata: a\n\nid: 2\ndata: b\n\n', { open: true }))
    const received: string[] = []
    const stream = openEventStream(server.url, {
      onEvent({ data }) {
        received.push(data)
        stream.close()
      },
    })
    expect(await stream.closed).toBe('idle')
    expect(received).toEqual(['a'])
    expect(stream.getState().lastEventId).toBe('1')
    await expect.poll(server.openSockets).toBe(0)
    stream.close()
  })

  test('a listener that closes at the opening is the last to hear of it', async ({ serve }) => {
    const { url } = await serve(events('data: a\n\n', { open: true }))
    const onOpen = vi.fn<() => void>()
    const { stream, received } = follow(url, { onOpen })
    stream.subscribe(() => stream.close())
    expect(await stream.closed).toBe('idle')
    expect(onOpen.mock.calls).toHaveLength(0)
    expect(received).toEqual([])
  })

  test('a listener that is added by another hears of the next change', async ({ serve }) => {
    const { url } = await serve(events(theEnd))
    const { stream } = follow(url)
    const heard: string[] = []
    stream.subscribe(() => stream.subscribe(() => heard.push(stream.getState().status)))
    expect(await stream.closed).toBe('ended')
    expect(heard).toEqual(['ended'])
  })

  test('an aborted signal closes; aborted before, nothing is fetched', async ({ serve }) => {
    const { url, requests } = await serve(events('data: a\n\n', { open: true }))
    const never = follow(url, { signal: AbortSignal.abort() })
    expect(await never.stream.closed).toBe('idle')
    const abort = new AbortController()
    const { stream, received } = follow(url, { signal: abort.signal })
    await expect.poll(() => received).toHaveLength(1)
    abort.abort()
    expect(stream.getState().status).toBe('idle')
    expect(await stream.closed).toBe('idle')
    expect(requests).toHaveLength(1)
  })

  test('a listener or callback that throws is reported and stops nobody', async ({ serve }) => {
    const reported = vi.fn<(error: unknown) => void>()
    vi.stubGlobal('reportError', reported)
    onTestFinished(() => void vi.unstubAllGlobals())
    const { url } = await serve(events(`data: a\n\ndata: b\n\n${theEnd}`))
    const thrown = new Error('mine')
    const received: string[] = []
    const { stream, states } = follow(url, {
      onOpen() {
        throw thrown
      },
      onEvent({ data }) {
        received.push(data)
        throw thrown
      },
    })
    stream.subscribe(() => {
      throw thrown
    })
    expect(await stream.closed).toBe('ended')
    expect(received).toEqual(['a', 'b'])
    expect(states.map((state) => state.status)).toEqual(['live', 'ended'])
    // Two changes of state, the opening and two events.
    expect(reported.mock.calls).toEqual(Array.from({ length: 5 }, () => [thrown]))
  })

  test('onOpen is given the response, and subscribe gives its undo', async ({ serve }) => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'x-build': '7' }).end(theEnd)
    })
    const builds: (string | null)[] = []
    const { stream } = follow(url, { onOpen: (response) => builds.push(response.headers.get('x-build')) })
    const listener = vi.fn<() => void>()
    stream.subscribe(listener)()
    await stream.closed
    expect(builds).toEqual(['7'])
    expect(listener.mock.calls).toHaveLength(0)
  })
})
