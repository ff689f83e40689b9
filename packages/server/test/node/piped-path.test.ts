import { once } from 'node:events'
import { toNodeHandler } from '@crux/server'
import express, {
  type NextFunction,
  type Request as ExpressRequest,
  type Response as ExpressResponse,
} from 'express'
import { describe, expect, onTestFinished, vi } from 'vitest'
import { eventually } from '../../../../test/eventually.ts'
import { test } from '../support/live-test.ts'
import { rawGet } from '../support/raw-client.ts'

describe('SSE-27 the piped path', () => {
  test('SSE-27 SSE-29 status, headers and body pass, cookies one by one', async ({ listen }) => {
    const headers = new Headers([
      ['x-one', '1'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ])
    const handle = toNodeHandler(() => new Response('grüße', { status: 418, headers }))
    const { url } = await listen((req, res) => {
      res.setHeader('access-control-allow-origin', '*')
      res.setHeader('set-cookie', 'session=7')
      handle(req, res)
    })
    const answer = await fetch(url)
    expect([answer.status, await answer.text()]).toEqual([418, 'grüße'])
    expect(answer.headers.getSetCookie()).toEqual(['session=7', 'a=1', 'b=2'])
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    const empty = await listen(toNodeHandler(() => new Response(null, { status: 204 })))
    expect((await fetch(empty.url)).status).toBe(204)
  })

  test('SSE-28 a slow reader stops the handler', async ({ listen }) => {
    let made = 0
    const { port } = await listen(
      toNodeHandler(
        () =>
          new Response(
            new ReadableStream({
              pull: (controller) => {
                made += 100_000
                controller.enqueue(new Uint8Array(100_000))
              },
            }),
          ),
      ),
    )
    const client = await rawGet(port)
    await client.until('\r\n\r\n')
    client.socket.pause()
    let before = -1
    await vi.waitUntil(
      () => {
        const isStill = made === before
        before = made
        return isStill
      },
      { timeout: 20_000, interval: 100 },
    )
    client.socket.resume()
    await eventually(() => expect(made).toBeGreaterThan(before))
  })

  test('SSE-29 res.flush is called after each write', async ({ listen }) => {
    const body = () =>
      new ReadableStream({
        start: (controller) => {
          for (const piece of ['one', 'two']) controller.enqueue(new TextEncoder().encode(piece))
          controller.close()
        },
      })
    const handle = toNodeHandler(() => new Response(body()))
    const calls: string[] = []
    const { url } = await listen((req, res) => {
      const inner = res.write.bind(res)
      res.write = (bytes: Uint8Array) => {
        calls.push('write')
        return inner(bytes)
      }
      Object.assign(res, { flush: () => calls.push('flush') })
      handle(req, res)
    })
    expect(await (await fetch(url)).text()).toBe('onetwo')
    expect(calls).toEqual(['write', 'flush', 'write', 'flush'])
  })

  test('SSE-28 a client that leaves cancels the body and aborts the request', async ({ listen }) => {
    const cancelled: unknown[] = []
    const { port } = await listen(
      toNodeHandler((request) => {
        request.signal.addEventListener('abort', () => cancelled.push('abort'))
        return new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(new TextEncoder().encode('hello')),
            cancel: () => void cancelled.push('cancel'),
          }),
        )
      }),
    )
    const client = await rawGet(port)
    await client.until('hello')
    client.socket.destroy()
    await eventually(() =>
      expect(cancelled.toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual(['abort', 'cancel']),
    )
  })

  test('SSE-28 one that has left before, or while the response was made, is gone too', async ({ listen }) => {
    let cancelled = 0
    const seen: boolean[] = []
    const handle = toNodeHandler(async (request) => {
      const isGone = request.signal.aborted
      seen.push(isGone)
      if (!isGone) await once(request.signal, 'abort')
      return new Response(new ReadableStream({ cancel: () => void cancelled++ }))
    })
    const { port } = await listen(async (req, res) => {
      // Middleware that takes its time.
      if (req.url === '/slow') await once(res, 'close')
      handle(req, res)
      if (req.url !== '/slow') req.socket.destroy()
    })
    for (const [index, path] of ['/', '/slow'].entries()) {
      const client = await rawGet(port, path)
      if (path === '/slow') client.socket.destroy()
      await eventually(() => expect(cancelled).toBe(index + 1))
    }
    expect(seen).toEqual([false, true])
  })

  test('SSE-28 the signal of a clone aborts too, and none does once the response is complete', async ({
    listen,
  }) => {
    const signals: AbortSignal[] = []
    const { port, url } = await listen(
      toNodeHandler((request) => {
        signals.push(request.signal, request.clone().signal)
        return new URL(request.url).pathname === '/live' ? new Response('done') : new Promise(() => {})
      }),
    )
    const closed = await listen((_req, res) => void res.end())
    expect(await (await fetch(url)).text()).toBe('done')
    // By then the first response is closed on its server too.
    await fetch(closed.url)
    const client = await rawGet(port, '/never')
    await eventually(() => expect(signals).toHaveLength(4))
    client.socket.destroy()
    await eventually(() => expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, true, true]))
  })

  test('SSE-27 the headers do not wait for a body that has nothing to say yet', async ({ listen }) => {
    let flushed = 0
    const { url } = await listen((req, res) => {
      const inner = res.flushHeaders.bind(res)
      res.flushHeaders = () => {
        flushed++
        inner()
      }
      const body = req.method === 'POST' ? 'at hand' : new ReadableStream()
      toNodeHandler(() => new Response(body, { headers: { 'x-one': '1' } }))(req, res)
    })
    expect(await (await fetch(url, { method: 'POST' })).text()).toBe('at hand')
    expect(flushed).toBe(0)
    const answer = await fetch(url)
    expect([answer.headers.get('x-one'), flushed]).toEqual(['1', 1])
    await answer.body?.cancel()
  })

  test('SSE-28 a response that somebody has ended under a write is no uncaught error, and cancels the body', async ({
    listen,
  }) => {
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined
    let isCancelled = false
    const handle = toNodeHandler(
      () =>
        new Response(
          new ReadableStream<Uint8Array>({
            start: (given) => void (controller = given),
            cancel: () => void (isCancelled = true),
          }),
        ),
    )
    let end = () => {}
    const { port } = await listen((req, res) => {
      end = () => void res.end()
      handle(req, res)
    })
    const client = await rawGet(port)
    await client.until('\r\n\r\n')
    end()
    controller?.enqueue(new Uint8Array(1))
    await client.until('0\r\n\r\n')
    await eventually(() => expect(isCancelled).toBe(true))
  })

  test('SSE-27 headers that cannot be sent cancel the body', async ({ listen }) => {
    vi.spyOn(console, 'error').mockReturnValue()
    onTestFinished(() => void vi.restoreAllMocks())
    let isCancelled = false
    const handle = toNodeHandler(
      () => new Response(new ReadableStream({ cancel: () => void (isCancelled = true) })),
    )
    const { port } = await listen((req, res) => {
      res.flushHeaders()
      handle(req, res)
    })
    await (await rawGet(port)).untilClosed()
    expect(isCancelled).toBe(true)
  })

  test('SSE-27 a body that fails ends the connection at once, also while a write waits for drain', async ({
    listen,
  }) => {
    let fail = () => {}
    let isFull = false
    const { port } = await listen(
      toNodeHandler(
        () =>
          new Response(
            new ReadableStream<Uint8Array>({
              start: (controller) => {
                fail = () => controller.error(new Error('hunter2'))
              },
              pull: (controller) => {
                controller.enqueue(new Uint8Array(1_000_000))
                isFull = (controller.desiredSize ?? 0) <= 0
              },
            }),
          ),
      ),
    )
    const client = await rawGet(port)
    await client.until('\r\n\r\n')
    client.socket.pause()
    await eventually(() => expect(isFull).toBe(true))
    fail()
    client.socket.resume()
    await client.untilClosed()
    expect(client.text()).not.toContain('hunter2')
    expect(client.text().endsWith('0\r\n\r\n')).toBe(false)
  })

  test('SSE-30 of HEAD the body is cancelled and the headers stay', async ({ listen }) => {
    let isCancelled = false
    const { url } = await listen(
      toNodeHandler(
        () =>
          new Response(new ReadableStream({ cancel: () => void (isCancelled = true) }), {
            headers: { 'x-one': '1' },
          }),
      ),
    )
    const answer = await fetch(url, { method: 'HEAD' })
    expect([answer.status, answer.headers.get('x-one'), isCancelled]).toEqual([200, '1', true])
  })

  test('SSE-30 a handler that rejects is a bare 500, or next(error)', async ({ listen }) => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    onTestFinished(() => log.mockRestore())
    const error = new Error('hunter2')
    const failing = toNodeHandler(() => Promise.reject(error))
    const plain = await fetch((await listen(failing)).url)
    expect([plain.status, await plain.text()]).toEqual([500, ''])
    expect(log.mock.calls).toEqual([['toNodeHandler (handler):', error]])

    const app = express()
    app.get('/live', failing)
    app.use((error: Error, _req: ExpressRequest, res: ExpressResponse, _next: NextFunction) => {
      res.status(503).send(error.message.length.toString())
    })
    const viaNext = await fetch((await listen(app)).url)
    expect([viaNext.status, await viaNext.text()]).toEqual([503, '7'])
    expect(log.mock.calls).toHaveLength(1)
  })

  test('SSE-30 a handler that fails after the headers are out ends the connection', async ({ listen }) => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    onTestFinished(() => log.mockRestore())
    const next = vi.fn<() => void>()
    const handle = toNodeHandler(() => Promise.reject(new Error('hunter2')))
    const { port } = await listen((req, res) => {
      res.writeHead(200)
      res.write('begun')
      handle(req, res, next)
    })
    const client = await rawGet(port)
    await client.untilClosed()
    expect(client.text()).not.toContain('hunter2')
    expect(log).toHaveBeenCalledOnce()
    expect(next).not.toHaveBeenCalled()
  })

  test('SSE-30 one that fails because the client has left is no error to tell of', async ({ listen }) => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    onTestFinished(() => log.mockRestore())
    let isOver = false
    const { port } = await listen(
      toNodeHandler(async (request) => {
        await once(request.signal, 'abort')
        isOver = true
        throw request.signal.reason
      }),
    )
    const client = await rawGet(port)
    client.socket.end()
    client.socket.destroy()
    await eventually(() => expect(isOver).toBe(true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(log).not.toHaveBeenCalled()
  })
})
