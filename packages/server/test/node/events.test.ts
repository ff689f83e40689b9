import { once } from 'node:events'
import { ServerResponse, type RequestListener } from 'node:http'
import {
  connect as connectHttp2,
  createServer as createHttp2Server,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { getRequestListener } from '@hono/node-server'
import { toNodeHandler, type SseEnd, type SseHandler, type SseStream } from '@crux/server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { describe, expect, onTestFinished, vi } from 'vitest'
import { eventually } from '../../../../test/eventually.ts'
import { rawGet, rawRequest } from '../support/raw-client.ts'
import { read, said, takeStream, test, turn, type MakeSse, type ReportingRoute } from '../support/sse-test.ts'

/** Some of everything: comments, many lines, a large event, text that is not ASCII only in length. */
const someEvents: SseHandler = async (stream) => {
  await stream.comment('hello')
  await stream.writeSSE({ event: 'row', id: 1, retry: 100, data: { n: 1 } })
  void stream.write('two\r\nlines')
  for (let n = 0; n < 100; n++) void stream.writeSSE({ id: n, data: `burst ${n}` })
  await stream.write('x'.repeat(300_000))
  await setTimeout(5)
  await stream.write('later')
  throw new Error('hunter2')
}

function http2Client(port: number): ClientHttp2Session {
  const client = connectHttp2(`http://127.0.0.1:${port}`)
  onTestFinished(() => client.destroy())
  return client
}

async function listenHttp2(listener: ReturnType<typeof toNodeHandler>): Promise<number> {
  const server = createHttp2Server(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** Reads a stream of HTTP/2 as text. */
async function follow2(client: ClientHttp2Session, headers: Record<string, string> = {}) {
  const stream = client.request({ ':path': '/events', accept: 'text/event-stream', ...headers })
  // The code it was closed with tells the same.
  stream.on('error', () => {})
  const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders]
  let text = ''
  stream.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  return { stream, answer, text: () => text }
}

describe('SSE-26 SSE-27 the ways out', () => {
  test('SSE-26 SSE-27 the bytes are the same on the web, on the fast path, on the piped path and over HTTP/2', async ({
    makeSse,
    listen,
  }) => {
    const route = makeSse(someEvents)
    const web = await read(route).untilEnd()
    expect(web).toContain('hunter2'.slice(7) + said('error'))
    const fast = await rawGet((await listen(toNodeHandler(route))).port)
    const piped = await rawGet((await listen(toNodeHandler((request) => route(request)))).port)
    for (const client of [fast, piped]) {
      await client.until('\r\n0\r\n\r\n')
      expect(client.body() === web).toBe(true)
    }
    const overHttp2 = await follow2(http2Client(await listenHttp2(toNodeHandler(route))))
    await once(overHttp2.stream, 'close')
    expect(overHttp2.text() === web).toBe(true)
    expect(overHttp2.stream.rstCode).toBe(0)
    expect(web).not.toContain('hunter2')
  })

  test('SSE-22 SSE-27 HTTP/2 gets no header that it forbids, on either path', async ({ makeSse }) => {
    const route = makeSse(() => {})
    for (const listener of [toNodeHandler(route), toNodeHandler((request) => route(request))]) {
      const { answer, stream } = await follow2(http2Client(await listenHttp2(listener)))
      const { date: _date, ...headers } = Object.fromEntries(Object.entries(answer))
      expect(headers).toEqual({
        ':status': 200,
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
      })
      stream.close()
    }
    await eventually(() => expect(route.stats()).toEqual({ open: 0 }))
  })

  test('SSE-23 SSE-27 headers and first bytes are out before the handler starts, and no stream stands in between', async ({
    makeSse,
    listen,
  }) => {
    const streams = vi.spyOn(globalThis, 'ReadableStream')
    onTestFinished(() => streams.mockRestore())
    const seen: unknown[] = []
    let res: ServerResponse | undefined
    const handle = toNodeHandler(
      makeSse(() => {
        seen.push([res?.headersSent, res?.writableLength, res?.socket?.bytesWritten])
      }),
    )
    const { port } = await listen((req, given) => {
      res = given
      handle(req, given)
    })
    const client = await rawGet(port)
    await client.until(':\n\n')
    expect(seen).toEqual([[true, 0, client.text().length]])
    expect(streams).not.toHaveBeenCalled()
  })

  test('SSE-27 once the headers are out chunks go to the socket as they are', async ({ makeSse, listen }) => {
    const writes = vi.spyOn(ServerResponse.prototype, 'write')
    onTestFinished(() => writes.mockRestore())
    const { handler, stream: taking } = takeStream()
    const client = await rawGet((await listen(toNodeHandler(makeSse(handler)))).port)
    const stream = await taking
    for (const word of ['one', 'two']) await stream.write(word)
    stream.close()
    await client.until('\r\n0\r\n\r\n')
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
    expect(writes.mock.calls.map(([bytes]) => text(bytes))).toEqual(['3\r\n:\n\n\r\n'])
  })

  test('SSE-3 a route that is closed before its stream has begun ends it with the first bytes', async ({
    makeSse,
    listen,
  }) => {
    const { handler, stream: taking } = takeStream()
    const route = makeSse(handler)
    const handle = toNodeHandler(route)
    const { port } = await listen((req, res) => {
      handle(req, res)
      // In the gap between the answer and its start.
      route.close()
    })
    const client = await rawGet(port)
    const stream = await taking
    expect([await stream.closed, stream.signal.aborted, route.stats()]).toEqual([
      'shutdown',
      true,
      { open: 0 },
    ])
    await client.until('\r\n0\r\n\r\n')
    expect(client.body()).toBe(':\n\n')
  })

  test('SSE-29 headers of earlier middleware stay, and res.flush is called after each write', async ({
    makeSse,
    listen,
  }) => {
    const handle = toNodeHandler(makeSse(someEvents, { headers: { vary: 'accept' } }))
    const calls: string[] = []
    const { port } = await listen((req, res) => {
      res.setHeader('access-control-allow-origin', 'https://app.example')
      res.setHeader('vary', 'origin')
      const inner = res.write.bind(res)
      res.write = (bytes: Uint8Array) => {
        calls.push('write')
        return inner(bytes)
      }
      Object.assign(res, { flush: () => calls.push('flush') })
      handle(req, res)
    })
    const client = await rawGet(port)
    await client.until('sse:end')
    expect(client.head()).toEqual(
      expect.arrayContaining(['access-control-allow-origin: https://app.example', 'vary: origin, accept']),
    )
    expect(calls.join(' ')).toMatch(/^(write flush ?)+$/)
  })

  test('SSE-2 SSE-20 SSE-25 HEAD, 204, 503 and the answer after close() on the fast path', async ({
    makeSse,
    listen,
  }) => {
    const route = makeSse(() => {}, { maxConnections: 1 })
    const { port, url } = await listen(toNodeHandler(route))
    const head = await fetch(url, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
    const first = await rawGet(port)
    await first.until(':\n\n')
    expect((await fetch(url)).status).toBe(503)
    const stopped = await fetch(url, { headers: { 'last-event-id': 'sse:end' } })
    expect([stopped.status, stopped.headers.get('cache-control')]).toEqual([204, 'no-store'])
    route.close()
    await first.until('0\r\n\r\n')
    expect(await (await fetch(url)).text()).toBe('retry: 5000\n\n')
  })

  test('SSE-26 SSE-30 a handler reads the body of a POST, also where Express has read it before', async ({
    makeSse,
    listen,
  }) => {
    const route = makeSse(async (stream, request) => void (await stream.write(await request.text())))
    const app = express()
    app.post('/raw', toNodeHandler(route))
    app.post('/parsed', express.json(), toNodeHandler(route))
    const { port } = await listen(app)
    for (const path of ['raw', 'parsed']) {
      const answer = await fetch(`http://127.0.0.1:${port}/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"a":1}',
      })
      expect(await answer.text()).toBe(`:\n\ndata: {"a":1}\n\n${said('complete')}`)
    }
  })
})

/** How a client is served. Each gives the port. */
const servers: Record<
  string,
  (route: ReportingRoute, listen: (listener: RequestListener) => Promise<{ port: number }>) => Promise<number>
> = {
  'node:http': async (route, listen) => (await listen(toNodeHandler(route))).port,
  'node:http, piped': async (route, listen) =>
    (await listen(toNodeHandler((request) => route(request)))).port,
  Express: async (route, listen) => (await listen(express().get('/events', toNodeHandler(route)))).port,
  Fastify: async (route) => {
    const app = fastify()
    const handle = toNodeHandler(route)
    app.get('/events', (request, reply) => {
      reply.hijack()
      handle(request.raw, reply.raw)
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    onTestFinished(() => app.close())
    return (app.server.address() as AddressInfo).port
  },
  'Hono on Node': async (route, listen) => {
    const app = new Hono().get('/events', (c) => route(c.req.raw))
    return (await listen(getRequestListener(app.fetch))).port
  },
}

describe('A client that leaves', () => {
  /** A route that tells what happens to it. */
  function observed(makeSse: MakeSse) {
    const calls: string[] = []
    const streams: SseStream[] = []
    async function* rows() {
      try {
        for (let n = 0; ; n++) {
          yield n
          await setTimeout(1)
        }
      } finally {
        calls.push('generator')
      }
    }
    const route = makeSse(async (stream, request) => {
      streams.push(stream)
      stream.onAbort(() => void calls.push('onAbort'))
      stream.signal.addEventListener('abort', () => calls.push('signal'))
      request.signal.addEventListener('abort', () => calls.push('request'))
      void stream.closed.then((word) => calls.push(word))
      for await (const row of rows()) if (!(await stream.write(row))) break
      stream.onAbort(() => void calls.push('late'))
    })
    return { route, calls, streams }
  }
  const all = ['aborted', 'generator', 'late', 'onAbort', 'request', 'signal']

  test.for(Object.keys(servers))(
    'SSE-8 SSE-24 SSE-28 on %s: onAbort once, late registration too, generators finalised',
    async (name, { makeSse, listen }) => {
      const { route, calls } = observed(makeSse)
      const port = await servers[name]?.(route, listen)
      for (const way of ['destroy', 'resetAndDestroy'] as const) {
        calls.length = 0
        const client = await rawGet(port ?? 0, '/events')
        await client.until('data: 3')
        client.socket[way]()
        await eventually(() => expect(calls.toSorted()).toEqual(all))
        expect(route.stats()).toEqual({ open: 0 })
      }
      expect(route.errors).toEqual([])
    },
  )

  test('SSE-8 SSE-24 SSE-28 over HTTP/2: a stream that is closed, and a session that is lost', async ({
    makeSse,
  }) => {
    const { route, calls } = observed(makeSse)
    const port = await listenHttp2(toNodeHandler(route))
    const ways: ((client: ClientHttp2Session, stream: ClientHttp2Stream) => void)[] = [
      (_client, stream) => stream.close(),
      (_client, stream) => stream.close(8),
      (client) => client.destroy(),
    ]
    for (const leave of ways) {
      calls.length = 0
      const client = http2Client(port)
      const { stream, text } = await follow2(client)
      await eventually(() => expect(text()).toContain('data: 3'))
      leave(client, stream)
      await eventually(() => expect(calls.toSorted()).toEqual(all))
      expect(route.stats()).toEqual({ open: 0 })
    }
    expect(route.errors).toEqual([])
  })

  test('SSE-28 over HTTP/2, without an error code, while it takes nothing of what is written', async ({
    makeSse,
  }) => {
    const { handler, stream: taking } = takeStream()
    const client = http2Client(await listenHttp2(toNodeHandler(makeSse(handler))))
    const { stream: answer } = await follow2(client)
    const stream = await taking
    answer.pause()
    while (await Promise.race([stream.write('x'.repeat(10_000)), setTimeout(100, false)]));
    answer.close()
    expect(await stream.closed).toBe('aborted')
  })

  test('SSE-28 before anything was sent, and the handler learns of it', async ({ makeSse }) => {
    const { handler, stream: taking } = takeStream()
    const route = makeSse(handler, { maxLifetimeMs: 1_000_000 })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const handle = toNodeHandler(route)
    const port = await listenHttp2((req, res) => {
      handle(req, res)
      // In the gap between the answer and its start.
      res.destroy()
    })
    http2Client(port)
      .request({ ':path': '/events' })
      .on('error', () => {})
    const stream = await taking
    expect([await stream.closed, stream.signal.aborted, route.stats()]).toEqual([
      'aborted',
      true,
      { open: 0 },
    ])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('SSE-28 while middleware takes its time: the handler finds its stream ended', async ({
    makeSse,
    listen,
  }) => {
    const seen: unknown[] = []
    const route = makeSse(async (stream, request) => {
      seen.push(request.signal.aborted, stream.signal.aborted, await stream.closed)
    })
    const handle = toNodeHandler(route)
    const { port } = await listen(async (req, res) => {
      await once(res, 'close')
      handle(req, res)
    })
    const client = await rawGet(port)
    client.socket.destroy()
    await eventually(() => expect(seen).toEqual([true, true, 'aborted']))
    expect([route.stats(), route.errors]).toEqual([{ open: 0 }, []])
  })

  test('SSE-28 after it nothing is written or ended', async ({ makeSse, listen }) => {
    const { handler, stream: taking } = takeStream()
    const calls: string[] = []
    const handle = toNodeHandler(makeSse(handler))
    const { port } = await listen((req, res) => {
      for (const name of ['write', 'end'] as const) {
        const inner = res[name].bind(res)
        Object.assign(res, {
          [name]: (...given: [Uint8Array]) => {
            if (res.destroyed) calls.push(name)
            return inner(...given)
          },
        })
      }
      handle(req, res)
    })
    const client = await rawGet(port)
    const stream = await taking
    await client.until(':\n\n')
    client.socket.destroy()
    expect(await stream.closed).toBe('aborted')
    await turn()
    expect(calls).toEqual([])
  })

  test('SSE-28 where somebody else writes to the response and ends it nothing is torn or follows, and the connection can be used again', async ({
    makeSse,
    listen,
  }) => {
    const { handler, stream: taking } = takeStream()
    const route = makeSse(handler)
    const handle = toNodeHandler(route)
    let end = () => {}
    const { port } = await listen((req, res) => {
      end = () => {
        res.write(': of somebody else\n\n')
        res.end()
      }
      if (req.url === '/next') res.end('next')
      else handle(req, res)
    })
    const client = await rawGet(port)
    const stream = await taking
    await client.until(':\n\n')
    end()
    void stream.write('late')
    expect(await stream.closed).toBe('aborted')
    client.socket.write('GET /next HTTP/1.1\r\nhost: test.local\r\n\r\n')
    await client.until('\r\n\r\nnext')
    expect(client.text()).toMatch(
      /\r\n3\r\n:\n\n\r\n14\r\n: of somebody else\n\n\r\n0\r\n\r\nHTTP\/1.1 200 OK/,
    )
    expect(route.errors).toEqual([])
  })

  test('SSE-28 half a client: one that has sent its end still gets everything', async ({
    makeSse,
    listen,
  }) => {
    const { port } = await listen(toNodeHandler(makeSse(someEvents)))
    const client = await rawRequest(
      port,
      ['POST /events HTTP/1.1', 'host: test.local', 'content-length: 2'],
      'hi',
    )
    await client.until(said('error'))
  })

  test('SSE-24 SSE-28 a handler that closes its stream when the request aborts cannot say that it was complete', async ({
    makeSse,
    listen,
  }) => {
    let closed: Promise<SseEnd> | undefined
    const route = makeSse((stream, request) => {
      closed = stream.closed
      request.signal.addEventListener('abort', () => stream.close())
    })
    const client = await rawGet((await listen(toNodeHandler(route))).port)
    await client.until(':\n\n')
    client.socket.destroy()
    await eventually(async () => expect(await closed).toBe('aborted'))
  })

  test('SSE-28 middleware whose write fails ends its own client, and onError hears of it', async ({
    makeSse,
    listen,
  }) => {
    const { handler, stream: taking } = takeStream()
    const route = makeSse(handler)
    const handle = toNodeHandler(route)
    const { port } = await listen((req, res) => {
      const inner = res.write.bind(res)
      res.write = (bytes: Uint8Array) => {
        if (new TextDecoder().decode(bytes).includes('bad')) throw new Error('of middleware')
        return inner(bytes)
      }
      handle(req, res)
    })
    const client = await rawGet(port)
    const stream = await taking
    await stream.write('good')
    void stream.write('bad')
    expect(await stream.closed).toBe('aborted')
    await client.untilClosed()
    expect(route.errors).toMatchObject([{ phase: 'transport', error: { message: 'of middleware' } }])
  })
})

describe('SSE-28 a slow reader', () => {
  const data = 'x'.repeat(10_000)

  /** Writes until it is told that it is enough, or has sent far more than any kernel takes. */
  function createWriter() {
    let written = 0
    let isEnough = false
    const handler: SseHandler = async (stream) => {
      while (!isEnough && written < 30_000 && (await stream.write(data))) written++
    }
    const stop = () => {
      isEnough = true
    }
    return { handler, written: () => written, stop }
  }

  /** How much a handler has written, until it writes no more. */
  async function untilStill(count: () => number): Promise<number> {
    let before = -1
    await vi.waitUntil(
      () => {
        const isStill = count() === before
        before = count()
        return isStill && before > 0
      },
      { timeout: 25_000, interval: 100 },
    )
    return before
  }

  test.for(Object.keys(servers))(
    'SSE-28 stops the handler on %s, and gets everything in the end',
    async (name, { makeSse, listen }) => {
      const { handler, written, stop } = createWriter()
      const route = makeSse(handler)
      const port = await servers[name]?.(route, listen)
      const client = await rawGet(port ?? 0, '/events')
      await client.until(':\n\n')
      client.socket.pause()
      expect(await untilStill(written)).toBeLessThan(30_000)
      stop()
      client.socket.resume()
      await vi.waitUntil(() => client.text().endsWith('\r\n0\r\n\r\n'), { timeout: 25_000 })
      expect(client.body() === `:\n\n${`data: ${data}\n\n`.repeat(written())}${said('complete')}`).toBe(true)
      expect(route.errors).toEqual([])
    },
  )

  test('SSE-28 stops the handler over HTTP/2', async ({ makeSse }) => {
    const { handler, written, stop } = createWriter()
    const route = makeSse(handler)
    const { stream, text } = await follow2(http2Client(await listenHttp2(toNodeHandler(route))))
    stream.pause()
    expect(await untilStill(written)).toBeLessThan(30_000)
    stop()
    stream.resume()
    await once(stream, 'close')
    expect(text().split('xxx\n\n')).toHaveLength(written() + 1)
    expect(text().endsWith(said('complete'))).toBe(true)
  })

  test('SSE-11 SSE-28 what waits after a write that was not taken is what the cap counts', async ({
    makeSse,
    listen,
  }) => {
    const { handler, stream: taking } = takeStream()
    const route = makeSse(handler, { maxBufferedBytes: 100_000 })
    const client = await rawGet((await listen(toNodeHandler(route))).port)
    const stream = await taking
    client.socket.pause()
    let written = 0
    // Unawaited, but with a turn in between, so that the kernel takes what it can.
    while (!stream.signal.aborted) {
      void stream.write('x'.repeat(10_000))
      written++
      await turn()
    }
    expect(await stream.closed).toBe('overflow')
    expect(written).toBeGreaterThan(11)
    expect(route.errors).toMatchObject([{ error: { code: 'overflow' } }])
    client.socket.resume()
    // What Node held is still sent, and the body ends as it should, without the end being said.
    await client.until('\r\n0\r\n\r\n')
    expect(client.text()).not.toContain('sse:end')
  })
})

describe('SSE-11a a reader that takes nothing, on Node', () => {
  const fakeTimers = () => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
    })
    onTestFinished(() => void vi.useRealTimers())
  }

  /** Writes until what is written stays in Node. */
  async function fill(stream: SseStream, res: () => ServerResponse | undefined): Promise<void> {
    while ((res()?.writableLength ?? 0) === 0) {
      void stream.write('x'.repeat(5_000))
      await turn()
    }
  }

  function serve(route: ReportingRoute, isPiped = false) {
    let res: ServerResponse | undefined
    const handle = toNodeHandler(isPiped ? (request) => route(request) : route)
    const listener: RequestListener = (req, given) => {
      res = given
      handle(req, given)
    }
    return { listener, res: () => res }
  }

  test.for([
    ['the fast path', false],
    ['the piped path', true],
  ] as const)(
    'SSE-11a is cut off after stallMs on %s, also when no more is written',
    async ([, isPiped], { makeSse, listen }) => {
      const { handler, stream: taking } = takeStream()
      const route = makeSse(handler, { stallMs: 10_000, heartbeatMs: 0 })
      const { listener, res } = serve(route, isPiped)
      const { port } = await listen(listener)
      fakeTimers()
      const client = await rawGet(port)
      const stream = await taking
      client.socket.pause()
      await fill(stream, res)
      // On the piped path some has to wait in the stream, since what the pipe has taken is not the stream's any more.
      if (isPiped) for (let n = 0; n < 20; n++) void stream.write('x'.repeat(5_000))
      await vi.advanceTimersByTimeAsync(9_000)
      expect([stream.signal.aborted, res()?.destroyed]).toEqual([false, false])
      await vi.advanceTimersByTimeAsync(4_000)
      expect(await stream.closed).toBe('aborted')
      await turn()
      expect([res()?.destroyed, route.stats(), route.errors]).toEqual([true, { open: 0 }, []])
    },
  )

  test('SSE-11a is cut off after the end too, when what waits is in res', async ({ makeSse, listen }) => {
    const { handler, stream: taking } = takeStream()
    const route = makeSse(handler, { stallMs: 10_000, heartbeatMs: 0 })
    const { listener, res } = serve(route)
    const { port } = await listen(listener)
    fakeTimers()
    const client = await rawGet(port)
    const stream = await taking
    client.socket.pause()
    await fill(stream, res)
    // The end leaves when the queue is empty, so what is left is in `res`.
    stream.close()
    expect(await stream.closed).toBe('complete')
    await vi.advanceTimersByTimeAsync(9_000)
    expect(res()?.destroyed).toBe(false)
    await vi.advanceTimersByTimeAsync(4_000)
    expect([res()?.destroyed, vi.getTimerCount()]).toEqual([true, 0])
  })

  test('SSE-11a one that takes a little now and then is not cut off', async ({ makeSse, listen }) => {
    const { handler, stream: taking } = takeStream()
    const route = makeSse(
      async (given, request) => {
        void handler(given, request)
        while (await given.write('x'.repeat(50_000)));
      },
      { stallMs: 10_000, heartbeatMs: 0 },
    )
    const { listener, res } = serve(route)
    const { port } = await listen(listener)
    fakeTimers()
    const client = await rawGet(port)
    const stream = await taking
    for (let n = 0; n < 4; n++) {
      // So much that the kernel takes from Node again.
      const drained = once(res()?.socket as NodeJS.EventEmitter, 'drain')
      client.socket.resume()
      await drained
      client.socket.pause()
      while ((res()?.writableLength ?? 0) === 0) await turn()
      await vi.advanceTimersByTimeAsync(8_000)
    }
    expect([stream.signal.aborted, res()?.destroyed]).toEqual([false, false])
    await vi.advanceTimersByTimeAsync(13_000)
    expect(await stream.closed).toBe('aborted')
  })

  test('SSE-11a a stream of HTTP/2 is closed with an error code, and the session lives', async ({
    makeSse,
  }) => {
    const streams: SseStream[] = []
    const route = makeSse(
      async (stream) => {
        streams.push(stream)
        while (await stream.write('x'.repeat(10_000)));
      },
      { stallMs: 200 },
    )
    const client = http2Client(await listenHttp2(toNodeHandler(route)))
    const { stream } = await follow2(client)
    stream.pause()
    expect(await eventually(() => streams[0]?.closed ?? Promise.reject(new Error('not yet')))).toBe('aborted')
    stream.resume()
    await eventually(() => expect(stream.closed).toBe(true))
    expect([stream.rstCode, client.destroyed]).toEqual([2, false])
  })
})

test('SSE-26 a pipelined request waits for its turn, and then streams', async ({ makeSse, listen }) => {
  const streams: SseStream[] = []
  const route = makeSse((stream) => void streams.push(stream))
  const { port } = await listen(toNodeHandler(route))
  const get = 'GET /events HTTP/1.1\r\nhost: test.local\r\n\r\n'
  const client = await rawRequest(port, ['GET /events HTTP/1.1', 'host: test.local'], get)
  await eventually(() => expect(streams).toHaveLength(2))
  await streams[1]?.write('of the second')
  await streams[0]?.write('of the first')
  streams[0]?.close()
  await client.until('of the second')
  expect(client.text().indexOf('of the first')).toBeLessThan(client.text().indexOf('of the second'))
  streams[1]?.close()
  await eventually(() => expect(client.text().split('0\r\n\r\n')).toHaveLength(3))
})

test('SSE-23 SSE-28 no timer of a stream keeps the process alive', async () => {
  // Its own server and connection would, so they are let go of.
  const script = `
    import { createServer } from 'node:http'
    import { connect } from 'node:net'
    import { sse, toNodeHandler } from '@crux/server'
    const server = createServer(toNodeHandler(sse(() => {}, { maxLifetimeMs: 100_000 }))).listen(0, () => {
      const socket = connect(server.address().port, () => socket.write('GET / HTTP/1.1\\r\\nhost: a\\r\\n\\r\\n'))
      socket.once('data', () => {
        socket.unref()
        server.unref()
        for (const handle of process._getActiveHandles()) handle.unref?.()
        console.log('ready')
      })
    })`
  const { spawn } = await import('node:child_process')
  const child = spawn(process.execPath, ['--conditions=@crux/source', '--input-type=module', '-e', script], {
    cwd: new URL('../..', import.meta.url),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill())
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
})
