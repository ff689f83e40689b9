import { CruxError } from '@crux/core/errors'
import { sse, type SseStart } from '@crux/server/hono'
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { describe, expect, test, vi } from 'vitest'

/** A start whose handler says one thing and is done. */
const finite: SseStart = () => async (stream) => {
  await stream.write('done')
  stream.close()
}

describe('SSE-32 start', () => {
  test('may be async', async () => {
    const app = new Hono().get(
      '/',
      sse(async (c) => {
        await Promise.resolve()
        return finite(c)
      }),
    )
    const response = await app.request('/')
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(await response.text()).toContain('data: done\n\n')
  })

  test('may answer with a response of its own, which is sent as it is', async () => {
    const value = sse((c) => {
      c.header('x-before', '1')
      return c.json({ error: 'Pay first.' }, 402)
    })
    const raw = new Response('raw', { status: 418, headers: { 'cache-control': 'max-age=9' } })
    const app = new Hono().get('/json', value).get(
      '/raw',
      sse(async () => raw),
    )
    const response = await app.request('/json')
    expect(response.status).toBe(402)
    expect(response.headers.get('x-before')).toBe('1')
    expect(response.headers.get('cache-control')).toBeNull()
    expect(await response.json()).toEqual({ error: 'Pay first.' })
    expect(await app.request('/raw')).toBe(raw)
    expect(value.stats()).toEqual({ open: 0 })
  })

  const failures: Readonly<Record<string, SseStart>> = {
    'throws at once': () => {
      throw new Error('the database is down')
    },
    rejects: async () => {
      throw new Error('the database is down')
    },
  }

  test.each(Object.entries(failures))('that %s is a 500 of Hono', async (_name, start) => {
    const reported = vi.spyOn(console, 'error').mockImplementation(() => {})
    const response = await new Hono().get('/', sse(start)).request('/')
    expect(response.status).toBe(500)
    expect(response.headers.get('content-type')).not.toContain('text/event-stream')
    expect(await response.text()).toBe('Internal Server Error')
    expect(reported).toHaveBeenCalledOnce()
    reported.mockRestore()
  })

  test.each(Object.entries(failures))('that %s is answered by onError', async (_name, start) => {
    const app = new Hono()
      .get('/', sse(start))
      .onError((error, c) => c.text(`Try later: ${error.message}`, 503))
    const response = await app.request('/')
    expect(response.status).toBe(503)
    expect(await response.text()).toBe('Try later: the database is down')
  })

  test('may throw an HTTPException', async () => {
    const start: SseStart = async () => {
      throw new HTTPException(403, { message: 'Not yours.' })
    }
    const response = await new Hono().get('/', sse(start)).request('/')
    expect([response.status, await response.text()]).toEqual([403, 'Not yours.'])
  })

  // As from JavaScript, where a `return` is forgotten.
  test.each([undefined, null, 'text'])('that gives %j is an error, and no stream', async (given) => {
    let seen: unknown
    const app = new Hono().get('/', sse((() => given) as never)).onError((error, c) => {
      seen = error
      return c.text('', 500)
    })
    expect((await app.request('/')).status).toBe(500)
    expect(CruxError.is(seen, 'invalid-value')).toBe(true)
  })

  test('has to be a function', () => {
    expect(() => sse(undefined as never)).toThrow(expect.objectContaining({ code: 'invalid-value' }))
  })

  test('options that cannot be are refused at once', () => {
    expect(() => sse(finite, { headers: { 'content-type': 'text/plain' } })).toThrow(
      expect.objectContaining({ code: 'invalid-value' }),
    )
  })
})

describe('SSE-32 SSE-33 HEAD', () => {
  test('runs start, and has the headers of GET without the handler', async () => {
    const seen: string[] = []
    const value = sse((c) => {
      seen.push(`start ${c.req.method}`)
      return async (stream) => {
        seen.push('handler')
        stream.close()
      }
    })
    const app = new Hono().get(
      '/',
      async (c, next) => {
        c.header('x-seen', 'yes')
        await next()
      },
      value,
    )
    const head = await app.request('/', { method: 'HEAD' })
    expect(await head.text()).toBe('')
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(seen).toEqual(['start HEAD'])
    expect(value.stats()).toEqual({ open: 0 })

    const get = await app.request('/')
    await get.text()
    expect([head.status, [...head.headers]]).toEqual([get.status, [...get.headers]])
  })

  test('gets what start answers', async () => {
    const app = new Hono().get(
      '/',
      sse((c) => c.text('No such export.', 404)),
    )
    expect((await app.request('/', { method: 'HEAD' })).status).toBe(404)
  })
})

describe('SSE-32 a client that comes back after the end', () => {
  const back = { headers: { 'last-event-id': 'sse:end' } }

  test('gets its 204 after the middleware and without start', async () => {
    const seen: string[] = []
    const app = new Hono().get(
      '/',
      async (c, next) => {
        seen.push('middleware')
        if (c.req.query('key') === undefined) return c.text('Sign in first.', 401)
        c.header('x-seen', 'yes')
        c.header('content-type', 'text/plain')
        // Hono lets what is set on `c.res` win over the response of a handler.
        c.res.headers.set('cache-control', 'max-age=60')
        await next()
      },
      sse(
        () => {
          seen.push('start')
          return () => {}
        },
        { headers: { 'access-control-allow-origin': '*' } },
      ),
    )
    expect((await app.request('/', back)).status).toBe(401)
    const response = await app.request('/?key=1', back)
    expect(response.status).toBe(204)
    expect(Object.fromEntries(response.headers)).toEqual({
      'access-control-allow-origin': '*',
      'cache-control': 'no-store',
      'x-seen': 'yes',
    })
    expect(response.body).toBeNull()
    expect(seen).toEqual(['middleware', 'middleware'])
  })
})
