import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { toNodeHandler } from '@crux/server'
import { describe, expect, onTestFinished, vi } from 'vitest'
import { eventually } from '../../../../test/eventually.ts'
import { follow, test } from '../support/live-test.ts'
import { withoutEpoch } from '../support/read-frames.ts'
import { rawGet, rawRequest } from '../support/raw-client.ts'

const ready = '"phase":"ready","heartbeatMs":15000}\n\n'

describe('SSE-27 the fast path', () => {
  test('SSE-26 SSE-27 the bytes are those of the web response', async ({ makeHandler, listen, write }) => {
    await write.plan('p')
    const handler = makeHandler()
    const piped = (request: Request) => handler(request)
    const web = await follow(handler)
    const fast = await rawGet((await listen(toNodeHandler(handler))).port)
    const slow = await rawGet((await listen(toNodeHandler(piped))).port)
    await web.untilReady()
    for (const client of [fast, slow]) await client.until(ready)
    for (let i = 0; i < 5; i++) await write.plan('p', { version: i, title: `Title ${i}` })
    for (const client of [fast, slow]) await client.until('Title 4')
    await web.untilChange('p', 6)
    handler.close()
    for (const client of [fast, slow]) await client.until('0\r\n\r\n')
    await web.untilEnd()
    expect(withoutEpoch(fast.body())).toBe(withoutEpoch(web.text()))
    expect(withoutEpoch(slow.body())).toBe(withoutEpoch(web.text()))
    const withoutDate = (lines: readonly string[]) => lines.filter((line) => !line.startsWith('Date:'))
    expect(withoutDate(fast.head())).toEqual(withoutDate(slow.head()))
    expect(withoutDate(fast.head())).toMatchInlineSnapshot(`
      [
        "HTTP/1.1 200 OK",
        "cache-control: no-cache, no-transform",
        "content-type: text/event-stream; charset=utf-8",
        "x-accel-buffering: no",
        "Connection: keep-alive",
        "Keep-Alive: timeout=5",
        "Transfer-Encoding: chunked",
      ]
    `)
  })

  test('LIVE-15 SSE-27 the headers and the first bytes leave together, and no stream stands in between', async ({
    makeHandler,
    listen,
  }) => {
    const streams = vi.spyOn(globalThis, 'ReadableStream')
    const { port } = await listen(toNodeHandler(makeHandler()))
    const client = await rawGet(port)
    await client.until('"phase":"reset"')
    expect(client.body()).toMatch(/^retry: 1000\n\n:\n\n/)
    expect(streams.mock.calls).toEqual([])
    streams.mockRestore()
  })

  test('SSE-27 after the end the connection can be used again', async ({ makeHandler, listen }) => {
    const handler = makeHandler()
    const { port } = await listen(toNodeHandler(handler))
    const client = await rawGet(port)
    await client.until(ready)
    handler.close()
    await client.until('0\r\n\r\n')
    client.socket.write('GET /live HTTP/1.1\r\nhost: test.local\r\n\r\n')
    await client.until('retry: 5000')
  })

  test('SSE-28 many streams on one connection leave no listener on its socket', async ({
    makeHandler,
    listen,
  }) => {
    const handle = toNodeHandler(makeHandler({ maxLifetimeMs: 1 }))
    const counts: number[] = []
    const { port } = await listen((req, res) => {
      counts.push(req.socket.listenerCount('drain'))
      handle(req, res)
    })
    const client = await rawGet(port)
    for (let turn = 1; turn <= 4; turn++) {
      await eventually(() => expect(client.text().split('"reason":"expired"').length).toBe(turn + 1))
      await client.until('0\r\n\r\n')
      client.socket.write('GET /live HTTP/1.1\r\nhost: test.local\r\n\r\n')
    }
    await eventually(() => expect(counts).toHaveLength(5))
    expect(new Set(counts).size).toBe(1)
  })

  test('SSE-27 a client of HTTP/1.0 gets the body without chunks', async ({ makeHandler, listen }) => {
    const { port } = await listen(toNodeHandler(makeHandler()))
    const client = await rawRequest(port, ['GET /live HTTP/1.0', 'host: test.local'])
    await client.until(ready)
    expect(client.head().join('\n').toLowerCase()).not.toContain('transfer-encoding')
    expect(client.body()).toMatch(/^retry: 1000\n\n:\n\nevent: crux-sync\n/)
  })

  test('SSE-27 middleware that has put its own write before that of Node sees plain bytes', async ({
    makeHandler,
    listen,
    write,
  }) => {
    const handle = toNodeHandler(makeHandler())
    let seen = ''
    const { port } = await listen((req, res) => {
      const inner = res.write.bind(res)
      res.write = (bytes: Uint8Array) => {
        seen += new TextDecoder().decode(bytes)
        return inner(bytes)
      }
      handle(req, res)
    })
    const client = await rawGet(port)
    await client.until(ready)
    await write.plan('p')
    await client.until('"key":"p"')
    expect(client.body()).toBe(seen)
  })

  test('SSE-28 middleware that fails ends its own client and no other', async ({
    makeHandler,
    listen,
    write,
  }) => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    onTestFinished(() => log.mockRestore())
    const handler = makeHandler()
    const handle = toNodeHandler(handler)
    const { port } = await listen((req, res) => {
      const inner = res.write.bind(res)
      let writes = 0
      if (req.url === '/bad') {
        res.write = (bytes: Uint8Array) => {
          if (++writes > 1) throw new Error('hunter2')
          return inner(bytes)
        }
      }
      if (req.url === '/sent') res.flushHeaders()
      handle(req, res)
    })
    const bad = await rawGet(port, '/bad')
    const good = await rawGet(port)
    for (const client of [bad, good]) await client.until('"phase":"ready"')
    await write.plan('p')
    await good.until('"key":"p"')
    await bad.untilClosed()
    const sent = await rawGet(port, '/sent')
    await sent.untilClosed()
    expect(log.mock.calls).toEqual([
      ['toNodeHandler (handler):', expect.objectContaining({ code: 'ERR_HTTP_HEADERS_SENT' })],
    ])
    await eventually(() => expect(handler.stats()).toEqual({ open: 1 }))
  })

  test('SSE-29 LIVE-14 headers of earlier middleware stay, vary is joined, and flush is called after each write', async ({
    makeHandler,
    listen,
    write,
  }) => {
    const handle = toNodeHandler(makeHandler({ headers: { vary: 'accept' } }))
    const calls: string[] = []
    const { port } = await listen((req, res) => {
      res.setHeader('access-control-allow-origin', 'https://app.example')
      res.setHeader('Vary', 'Origin')
      res.setHeader('Cache-Control', 'public')
      const inner = res.write.bind(res)
      res.write = (bytes: Uint8Array) => {
        calls.push('write')
        return inner(bytes)
      }
      Object.assign(res, { flush: () => calls.push('flush') })
      handle(req, res)
    })
    const client = await rawGet(port)
    await client.until(ready)
    await write.plan('p')
    await client.until('"key":"p"')
    const head = client.head().map((line) => line.toLowerCase())
    expect(head).toContain('access-control-allow-origin: https://app.example')
    expect(head).toContain('vary: origin, accept')
    expect(head).toContain('cache-control: no-cache, no-transform')
    expect(calls.join(' ')).toMatch(/^(write flush ?)+$/)
  })

  test('SSE-28 LIVE-16 a client that leaves is gone at once, while it connects and later', async ({
    makeHandler,
    listen,
  }) => {
    const reasons: unknown[] = []
    const handler = makeHandler({ onDisconnect: ({ reason }) => void reasons.push(reason ?? 'left') })
    const { port } = await listen(toNodeHandler(handler))
    const clients = await Promise.all([rawGet(port), rawGet(port)])
    for (const client of clients) await client.until(ready)
    expect(handler.stats()).toEqual({ open: 2 })
    clients[0]?.socket.destroy()
    await eventually(() => expect(handler.stats()).toEqual({ open: 1 }))
    clients[1]?.socket.resetAndDestroy()
    await eventually(() => expect(handler.stats()).toEqual({ open: 0 }))
    expect(reasons).toEqual(['left', 'left'])
  })

  test('SSE-28 request.signal aborts when the client leaves while it is decided on', async ({
    makeHandler,
    listen,
  }) => {
    const asked: Request[] = []
    let decide = (_isAllowed: boolean) => {}
    const handler = makeHandler({
      authorize: (request) => {
        asked.push(request)
        return new Promise<boolean>((resolve) => {
          decide = resolve
        })
      },
    })
    const { port } = await listen(toNodeHandler(handler))
    const client = await rawGet(port)
    await eventually(() => expect(asked).toHaveLength(1))
    client.socket.destroy()
    await eventually(() => expect(asked[0]?.signal.aborted).toBe(true))
    decide(true)
    await eventually(() => expect(handler.stats()).toEqual({ open: 0 }))
    expect(handler.errors).toEqual([])
  })

  test('SSE-28 LIVE-17 a client that reads nothing is evicted, and nobody waits for it', async ({
    makeHandler,
    listen,
    write,
  }) => {
    const reasons: unknown[] = []
    const handler = makeHandler({
      stallMs: 100,
      maxBufferedBytes: 100_000,
      onDisconnect: ({ reason }) => void reasons.push(reason),
    })
    const { port } = await listen(toNodeHandler(handler))
    const stalled = await rawGet(port)
    await stalled.until('"phase":"ready"')
    stalled.socket.pause()
    const healthy = await follow(handler)
    const content = 'x'.repeat(50_000)
    for (let version = 1; reasons.length === 0; version++) {
      await write.plan(`p${version % 5}`, { version, content })
      await setTimeout(1)
    }
    expect([reasons, handler.stats()]).toEqual([['evicted'], { open: 1 }])
    await write.plan('last')
    await healthy.untilChange('last')
  })

  test('LIVE-16 after the end a socket that takes no byte is destroyed within 5 s, and not before', async ({
    makeHandler,
    listen,
    write,
  }) => {
    const handler = makeHandler()
    const handle = toNodeHandler(handler)
    const responses: ServerResponse[] = []
    const { port } = await listen((req, res) => {
      responses.push(res)
      handle(req, res)
    })
    const client = await rawGet(port)
    await client.until(ready)
    client.socket.pause()
    const [res] = responses
    const content = 'x'.repeat(100_000)
    for (let version = 1; (res?.writableLength ?? 0) < content.length; version++) {
      await write.plan('p', { version, content })
      await setTimeout(1)
    }
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    handler.close()
    await vi.advanceTimersByTimeAsync(4_900)
    expect(res?.destroyed).toBe(false)
    await vi.advanceTimersByTimeAsync(5_200)
    expect(res?.destroyed).toBe(true)
    await eventually(() => expect(vi.getTimerCount()).toBe(0))
  })
})

describe('SSE-26 HTTP/2', () => {
  test('SSE-26 SSE-27 the compatibility API of http2 gets the same stream', async ({
    makeHandler,
    write,
  }) => {
    const handler = makeHandler()
    const server = createHttp2Server(toNodeHandler(handler)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    onTestFinished(() => {
      client.destroy()
      server.close()
    })
    const stream = client.request({ ':path': '/live', accept: 'text/event-stream' })
    const [headers] = (await once(stream, 'response')) as [Record<string, string>]
    expect(headers).toMatchObject({ ':status': 200, 'content-type': 'text/event-stream; charset=utf-8' })
    for (const name of ['connection', 'keep-alive', 'transfer-encoding'])
      expect(headers).not.toHaveProperty(name)
    let text = ''
    stream.setEncoding('utf8').on('data', (piece: string) => (text += piece))
    await eventually(() => expect(text).toContain(ready))
    await write.plan('p')
    await eventually(() => expect(text).toContain('"key":"p"'))
    expect(text).toMatch(/^retry: 1000\n\n:\n\n/)
    stream.close()
    await eventually(() => expect(handler.stats()).toEqual({ open: 0 }))
  })
})
