import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { toNodeHandler } from '@crux/server'
import express from 'express'
import { describe, expect, vi } from 'vitest'
import { test } from '../support/live-test.ts'
import { rawRequest } from '../support/raw-client.ts'

/** Answers with what the handler was given. */
const echo = toNodeHandler(async (request) =>
  Response.json({
    method: request.method,
    url: request.url,
    headers: Object.fromEntries(request.headers),
    body: await request.text(),
  }),
)

describe('SSE-30 the Request', () => {
  test('SSE-30 has address, method, headers and body', async ({ listen }) => {
    const { port } = await listen(echo)
    const answer = await fetch(`http://127.0.0.1:${port}//a/b?c=d%20e`, {
      method: 'POST',
      headers: { 'x-one': '1', 'content-type': 'text/plain' },
      body: 'grüße',
    })
    expect(await answer.json()).toMatchObject({
      method: 'POST',
      url: `http://127.0.0.1:${port}//a/b?c=d%20e`,
      headers: { 'x-one': '1', 'content-type': 'text/plain', 'content-length': '7' },
      body: 'grüße',
    })
  })

  test('SSE-30 its body is a stream, read as fast as the handler reads it', async ({ listen }) => {
    const sizes: number[] = []
    const { port } = await listen(
      toNodeHandler(async (request) => {
        const reader = request.body?.getReader()
        for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) {
          sizes.push(piece.value.length)
        }
        return new Response('read')
      }),
    )
    const body = 'x'.repeat(1_000_000)
    expect(await (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body })).text()).toBe('read')
    expect(sizes.length).toBeGreaterThan(1)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(1_000_000)
  })

  test('SSE-30 a handler that does not read on stops the client', async ({ listen }) => {
    const length = 20_000_000
    let readOn = () => {}
    let received = () => 0
    const echoLength = toNodeHandler(async (request) => {
      const reader = request.body?.getReader()
      let read = (await reader?.read())?.value?.length ?? 0
      await new Promise<void>((resolve) => {
        readOn = resolve
      })
      for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) {
        read += piece.value.length
      }
      return new Response(`${read} bytes`)
    })
    const { port } = await listen((req, res) => {
      received = () => req.socket.bytesRead
      echoLength(req, res)
    })
    const client = await rawRequest(
      port,
      ['POST / HTTP/1.1', 'host: a', `content-length: ${length}`],
      'x'.repeat(length),
    )
    let before = -1
    await vi.waitUntil(
      () => {
        const isStill = received() === before && before > 0
        before = received()
        return isStill
      },
      { timeout: 20_000, interval: 100 },
    )
    expect(before).toBeLessThan(length)
    readOn()
    await client.until(`${length} bytes`)
  })

  test('SSE-30 a body that is given up frees the connection for the next request', async ({ listen }) => {
    const { port } = await listen(
      toNodeHandler(async (request) => {
        const reader = request.body?.getReader()
        await reader?.read()
        await reader?.cancel()
        return new Response(`answer to ${request.method}`)
      }),
    )
    const length = 2_000_000
    const client = await rawRequest(
      port,
      ['POST / HTTP/1.1', 'host: a', `content-length: ${length}`],
      `${'x'.repeat(length)}GET / HTTP/1.1\r\nhost: a\r\n\r\n`,
    )
    await client.until('answer to POST')
    await client.until('answer to GET')
  })

  test('SSE-30 a body that is not read does not stop the connection', async ({ listen }) => {
    const { port } = await listen(toNodeHandler(() => new Response('no thanks')))
    const body = 'x'.repeat(2_000_000)
    for (let turn = 0; turn < 2; turn++) {
      expect(await (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body })).text()).toBe(
        'no thanks',
      )
    }
  })

  test('SSE-30 a body that breaks off fails', async ({ listen }) => {
    let failed: unknown
    const { port } = await listen(
      toNodeHandler(async (request) => {
        failed = await request.text().catch((error: unknown) => error)
        return new Response()
      }),
    )
    const client = await rawRequest(port, ['POST / HTTP/1.1', 'host: a', 'content-length: 100'], 'only this')
    client.socket.end()
    await expect.poll(() => failed).toBeInstanceOf(Error)
  })

  test('SSE-30 behind a router of Express it has the whole address', async ({ listen }) => {
    const app = express()
    const router = express.Router()
    router.all('/events/:id', echo)
    app.use('/api', router)
    const { port } = await listen(app)
    const answer = await fetch(`http://127.0.0.1:${port}/api/events/7?x=1`)
    expect(await answer.json()).toMatchObject({ url: `http://127.0.0.1:${port}/api/events/7?x=1` })
  })

  test.for([
    ['JSON', 'application/json', '{"a":[1]}', '{"a":[1]}', 'application/json'],
    ['text', 'text/plain', 'grüße', 'grüße', 'text/plain'],
    ['bytes', 'application/octet-stream', '\u{1}\u{2}', '\u{1}\u{2}', 'application/octet-stream'],
    ['a form', 'application/x-www-form-urlencoded', 'a=1&b=2', '{"a":"1","b":"2"}', 'application/json'],
  ] as const)(
    'SSE-30 %s that middleware has read is given as it was, or as JSON',
    async ([, type, body, expected, sentType], { listen }) => {
      const app = express()
      app.use(express.json(), express.text(), express.raw(), express.urlencoded({ extended: false }))
      app.post('/', echo)
      const { url } = await listen(app)
      const answer = await fetch(new URL('/', url), {
        method: 'POST',
        body,
        headers: { 'content-type': type },
      })
      const { headers, ...rest } = (await answer.json()) as { headers: Record<string, string>; body: string }
      expect(rest).toMatchObject({ body: expected })
      expect(headers['content-type']).toBe(sentType)
      expect(headers).not.toHaveProperty('content-length')
    },
  )

  test('SSE-30 a body that middleware has inflated says nothing of its encoding', async ({ listen }) => {
    const app = express().post('/', express.json(), echo)
    const { url } = await listen(app)
    const answer = await fetch(new URL('/', url), {
      method: 'POST',
      body: gzipSync('{"a":1}'),
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    })
    const { headers, body } = (await answer.json()) as { headers: Record<string, string>; body: string }
    expect(body).toBe('{"a":1}')
    expect(headers).not.toHaveProperty('content-encoding')
  })

  const middleware: Record<string, [(req: IncomingMessage) => unknown, string]> = {
    'has left an empty object, and read nothing (Express 4)': [
      (req) => Object.assign(req, { body: {} }),
      'sent',
    ],
    'has set an encoding': [(req) => req.setEncoding('utf8'), 'sent'],
    'has left bytes of shared memory': [
      async (req) => {
        await text(req)
        const body = new Uint8Array(new SharedArrayBuffer(2))
        body.set([104, 105])
        Object.assign(req, { body })
      },
      'hi',
    ],
  }
  test.for(Object.keys(middleware))('SSE-30 where middleware %s', async (name, { listen }) => {
    const [prepare, expected] = middleware[name] ?? []
    const { url } = await listen(async (req, res) => {
      await prepare?.(req)
      echo(req, res)
    })
    const answer = await fetch(url, { method: 'POST', body: 'sent' })
    expect(await answer.json()).toMatchObject({ body: expected })
  })

  test('SSE-30 a body that was read and left nowhere fails, and an empty one is empty', async ({
    listen,
  }) => {
    const { url } = await listen(async (req, res) => {
      await text(req)
      toNodeHandler(async (request) => {
        const body = await request.text().catch((error: unknown) => error)
        return new Response(String(body))
      })(req, res)
    })
    const answers = ['gone', ''].map(async (body) => (await fetch(url, { method: 'POST', body })).text())
    expect(await Promise.all(answers)).toEqual([expect.stringContaining('req.body'), ''])
  })

  test('SSE-30 a header that came twice is there twice', async ({ listen }) => {
    const { port } = await listen(toNodeHandler((request) => Response.json(request.headers.getSetCookie())))
    const client = await rawRequest(port, ['GET / HTTP/1.1', 'host: a', 'set-cookie: a=1', 'set-cookie: b=2'])
    await client.until('["a=1","b=2"]')
  })

  test.for([
    ['a missing host', ['GET / HTTP/1.0']],
    ['a host with a path', ['GET / HTTP/1.1', 'host: a/b']],
    ['a host with a user', ['GET / HTTP/1.1', 'host: a@b']],
    ['an impossible port', ['GET / HTTP/1.1', 'host: a:99999']],
    ['TRACE', ['TRACE / HTTP/1.1', 'host: a']],
    ['a target that is no path', ['OPTIONS * HTTP/1.1', 'host: a']],
  ] as const)('SSE-30 %s is 400', async ([, lines], { listen }) => {
    const { port } = await listen(echo)
    const client = await rawRequest(port, lines)
    await client.until('\r\n\r\n')
    expect(client.head()[0]).toBe('HTTP/1.1 400 Bad Request')
  })

  test('SSE-30 a target that is a whole address wins over the host', async ({ listen }) => {
    const { port } = await listen(echo)
    const client = await rawRequest(port, ['GET http://b.example/x HTTP/1.1', 'host: a'])
    await client.until('"body"')
    expect(client.body()).toContain('"url":"http://b.example/x"')
  })

  test('SSE-30 the scheme is https when the socket is encrypted', async ({ listen }) => {
    const { port } = await listen((req, res) => {
      Object.assign(req.socket, { encrypted: true })
      echo(req, res)
    })
    const answer = await fetch(`http://127.0.0.1:${port}/`)
    expect(await answer.json()).toMatchObject({ url: `https://127.0.0.1:${port}/` })
  })
})
