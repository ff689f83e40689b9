import { Readable } from 'node:stream'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { describe, expect } from 'vitest'
import { eventually } from '../../../../test/eventually.ts'
import { test } from '../support/live-test.ts'
import { rawGet } from '../support/raw-client.ts'

const ready = '"phase":"ready"'

describe('on adapters of others', () => {
  test('LIVE-15 LIVE-16 Hono on its Node server: the first bytes leave at once, and a client that leaves is gone', async ({
    makeHandler,
    listen,
    write,
  }) => {
    const handler = makeHandler()
    const app = new Hono().get('/live', (c) => handler(c.req.raw))
    const { port } = await listen(getRequestListener(app.fetch))
    const client = await rawGet(port)
    await client.until(ready)
    expect(client.body()).toMatch(/^retry: 1000\n\n:\n\n/)
    await write.plan('p')
    await client.until('"key":"p"')
    client.socket.destroy()
    await eventually(() => expect(handler.stats()).toEqual({ open: 0 }))
  })

  test('LIVE-16 Readable.fromWeb: the end of the handler is the end of the body', async ({
    makeHandler,
    listen,
    write,
  }) => {
    const handler = makeHandler()
    const { port } = await listen(async (req, res) => {
      const leaving = new AbortController()
      res.on('close', () => leaving.abort())
      const { body, headers } = await handler(
        new Request(`http://test.local${req.url}`, { signal: leaving.signal }),
      )
      res.writeHead(200, Object.fromEntries(headers))
      if (body !== null) Readable.fromWeb(body as NodeReadableStream).pipe(res)
    })
    const client = await rawGet(port)
    await client.until(ready)
    await write.plan('p')
    await client.until('"key":"p"')
    handler.close()
    await client.until('0\r\n\r\n')
    expect(client.body()).toContain('"reason":"closed"')
  })
})
