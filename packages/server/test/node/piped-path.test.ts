import { toNodeHandler } from '@crux/server'
import express, {
  type NextFunction,
  type Request as ExpressRequest,
  type Response as ExpressResponse,
} from 'express'
import { describe, expect, vi } from 'vitest'
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
      handle(req, res)
    })
    const answer = await fetch(url)
    expect([answer.status, await answer.text()]).toEqual([418, 'grüße'])
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
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
      { timeout: 5_000, interval: 100 },
    )
    client.socket.resume()
    await vi.waitUntil(() => made > before, { timeout: 5_000 })
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
    await vi.waitFor(() =>
      expect(cancelled.toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual(['abort', 'cancel']),
    )
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
    await vi.waitUntil(() => isFull)
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
    const failing = toNodeHandler(() => Promise.reject(new Error('hunter2')))
    const plain = await fetch((await listen(failing)).url)
    expect([plain.status, await plain.text()]).toEqual([500, ''])

    const app = express()
    app.get('/live', failing)
    app.use((error: Error, _req: ExpressRequest, res: ExpressResponse, _next: NextFunction) => {
      res.status(503).send(error.message.length.toString())
    })
    const viaNext = await fetch((await listen(app)).url)
    expect([viaNext.status, await viaNext.text()]).toEqual([503, '7'])
  })

  test('SSE-30 a handler that fails after the headers are out ends the connection', async ({ listen }) => {
    const handle = toNodeHandler(() => Promise.reject(new Error('hunter2')))
    const { port } = await listen((req, res) => {
      res.writeHead(200)
      res.write('begun')
      handle(req, res)
    })
    const client = await rawGet(port)
    await client.untilClosed()
    expect(client.text()).not.toContain('hunter2')
  })
})
