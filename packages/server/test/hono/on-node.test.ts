import { once } from 'node:events'
import { connect as connectHttp2, constants, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { toNodeHandler, type SseStream } from '@crux/server'
import { createRouter, sse, type SseStart } from '@crux/server/hono'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { describe, expect, onTestFinished, vi } from 'vitest'
import { eventually } from '../../../../test/eventually.ts'
import { test } from '../support/live-test.ts'
import { rawGet } from '../support/raw-client.ts'

/** What its abort leaves to be seen. */
function createWitness() {
  const seen: string[] = []
  async function* ticks(signal: AbortSignal) {
    try {
      for (let tick = 1; ; tick++) {
        yield tick
        await setTimeout(5, undefined, { signal }).catch(() => {})
        if (signal.aborted) return
      }
    } finally {
      seen.push('generator finalised')
    }
  }
  const start: SseStart = () => async (stream) => {
    stream.onAbort(() => {
      seen.push('first')
      stream.onAbort(() => void seen.push('registered late'))
    })
    stream.onAbort(() => void seen.push('second'))
    void stream.closed.then((end) => seen.push(`closed ${end}`))
    for await (const tick of ticks(stream.signal)) if (!(await stream.write(tick))) return
  }
  const expectOnce = () =>
    eventually(() => {
      expect(seen.toSorted()).toEqual(
        ['first', 'second', 'registered late', 'generator finalised', 'closed aborted'].toSorted(),
      )
      expect(seen.indexOf('first')).toBeLessThan(seen.indexOf('second'))
    })
  return { start, expectOnce }
}

describe('SSE-33 on Node', () => {
  test('SSE-26 the bytes are those of the web response, on both adapters, with the headers of middleware', async ({
    listen,
  }) => {
    const router = createRouter({ sse: { retryMs: 70 } }).sse(
      '/live',
      cors({ origin: '*' }),
      async (c, next) => {
        c.header('x-trace', '7')
        await next()
      },
      () => async (stream) => {
        await stream.write('a\nb')
        await setTimeout(5)
        await stream.writeSSE({ event: 'row', id: 7, data: { n: 1 } })
        stream.close()
      },
    )
    const web = await (await router.request('/live')).text()
    expect(web).toMatchInlineSnapshot(`
      "retry: 70

      data: a
      data: b

      event: row
      id: 7
      data: {"n":1}

      event: end
      id: sse:end
      data: {"reason":"complete"}

      "
    `)

    for (const listener of [
      getRequestListener(router.fetch),
      toNodeHandler((request) => router.fetch(request)),
    ]) {
      const client = await rawGet((await listen(listener)).port)
      await client.until('0\r\n\r\n')
      expect(client.body()).toBe(web)
      const head = client.head().map((line) => line.toLowerCase())
      expect(head).toEqual(
        expect.arrayContaining([
          'content-type: text/event-stream; charset=utf-8',
          'cache-control: no-cache, no-transform',
          'x-accel-buffering: no',
          'access-control-allow-origin: *',
          'x-trace: 7',
        ]),
      )
    }
  })

  test('the first bytes leave before the handler has sent any', async ({ listen }) => {
    const router = createRouter().sse('/live', () => () => {})
    const client = await rawGet((await listen(getRequestListener(router.fetch))).port)
    await client.until('\r\n\r\n')
    await client.until(':\n\n')
    expect(client.body()).toBe(':\n\n')
  })

  test('SSE-24 a client that leaves is gone once', async ({ listen }) => {
    const { start, expectOnce } = createWitness()
    const value = sse(start)
    const app = new Hono().get('/live', async (_c, next) => next(), value)
    const client = await rawGet((await listen(getRequestListener(app.fetch))).port)
    await client.until('data: 2')
    expect(value.stats()).toEqual({ open: 1 })
    client.socket.destroy()
    await expectOnce()
    expect(value.stats()).toEqual({ open: 0 })
  })

  test('SSE-24 a client that leaves while start is at work starts nothing that goes on', async ({
    listen,
  }) => {
    const { start, expectOnce } = createWitness()
    let go = () => {}
    const waiting = new Promise<void>((resolve) => {
      go = resolve
    })
    let isAtWork = false
    const value = sse(async (c) => {
      isAtWork = true
      await waiting
      return start(c)
    })
    let isGone = false
    const app = new Hono().get(
      '/live',
      async (c, next) => {
        c.req.raw.signal.addEventListener('abort', () => {
          isGone = true
        })
        await next()
      },
      value,
    )
    const client = await rawGet((await listen(getRequestListener(app.fetch))).port)
    await eventually(() => expect(isAtWork).toBe(true))
    client.socket.destroy()
    await eventually(() => expect(isGone).toBe(true))
    go()
    await expectOnce()
    expect(value.stats()).toEqual({ open: 0 })
  })

  test('SSE-22 SSE-24 the same under HTTP/2, with no header that it forbids', async () => {
    const { start, expectOnce } = createWitness()
    const value = sse(start)
    const app = new Hono().get('/live', cors({ origin: '*' }), value)
    const server = createHttp2Server(getRequestListener(app.fetch)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const session = connectHttp2(`http://127.0.0.1:${port}`)
    onTestFinished(() => {
      session.destroy()
      server.close()
    })
    const request = session.request({ ':path': '/live' }).setEncoding('utf8')
    const [headers] = await once(request, 'response')
    expect(headers).toMatchObject({
      ':status': 200,
      'content-type': 'text/event-stream; charset=utf-8',
      'access-control-allow-origin': '*',
    })
    for (const name of ['connection', 'keep-alive', 'transfer-encoding'])
      expect(headers).not.toHaveProperty(name)
    let text = ''
    request.on('data', (piece: string) => {
      text += piece
    })
    await eventually(() => expect(text).toContain('data: 2\n\n'))
    // As browsers leave. After a reset without an error Node sometimes closes nothing while a write is under way.
    request.close(constants.NGHTTP2_CANCEL)
    await expectOnce()
    expect(value.stats()).toEqual({ open: 0 })
  })

  test('a slow reader stops the handler, and lets it go on', async ({ listen }) => {
    const data = 'x'.repeat(65_536)
    let written = 0
    let stream: SseStream | undefined
    const router = createRouter().sse('/live', () => async (given) => {
      stream = given
      while (await given.write(data)) written++
    })
    const client = await rawGet((await listen(getRequestListener(router.fetch))).port)
    await client.until('data: ')
    client.socket.pause()
    // What the kernel takes for a client that does not read: some megabytes.
    let before = -1
    await vi.waitFor(
      async () => {
        before = written
        await setTimeout(100)
        expect(written).toBe(before)
      },
      { timeout: 25_000 },
    )
    expect(written).toBeLessThan(1_000)
    client.socket.resume()
    await eventually(() => expect(written).toBeGreaterThan(before + 10))
    client.socket.destroy()
    await expect(stream?.closed).resolves.toBe('aborted')
  })
})
