import { toNodeHandler } from '@crux/server'
import express from 'express'
import { describe, expect } from 'vitest'
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
