import type { SseEnd } from '@crux/server'
import { createRouter, sse } from '@crux/server/hono'
import { Hono, type MiddlewareHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { describe, expect, test } from 'vitest'

const refusals: Readonly<Record<string, readonly [number, MiddlewareHandler]>> = {
  'a 401 that middleware returns': [401, async (c) => c.text('Sign in first.', 401)],
  'a 404 that middleware throws': [
    404,
    async () => {
      throw new HTTPException(404, { message: 'No such export.' })
    },
  ],
  'a 404 that middleware leaves to Hono': [404, async (c) => c.notFound()],
}

describe('SSE-31 a refusal comes before the stream', () => {
  test.each(Object.entries(refusals))('%s is the response', async (_name, [status, refuse]) => {
    const seen: string[] = []
    const start = () => {
      seen.push('start')
      return () => void seen.push('handler')
    }
    const value = sse(start)
    const pass: MiddlewareHandler = async (_c, next) => {
      seen.push('pass')
      await next()
    }
    const router = createRouter().sse('/routed', pass, refuse, start)
    router.get('/plain', pass, refuse, value)

    for (const path of ['/routed', '/plain']) {
      const response = await router.request(path)
      expect(response.status).toBe(status)
      expect(response.headers.get('content-type') ?? '').not.toContain('text/event-stream')
      await response.text()
    }
    expect(seen).toEqual(['pass', 'pass'])
    expect(value.stats()).toEqual({ open: 0 })
  })
})

describe('SSE-31 any number of middleware', () => {
  test('run in order, then start, then the handler', async () => {
    const seen: string[] = []
    const note =
      (name: string): MiddlewareHandler =>
      async (_c, next) => {
        seen.push(name)
        await next()
        seen.push(`after ${name}`)
      }
    const router = createRouter().sse(
      '/:id',
      note('a'),
      note('b'),
      note('c'),
      note('d'),
      note('e'),
      note('f'),
      async (c) => {
        seen.push(`start ${c.req.param('id')}`)
        return async (stream) => {
          seen.push('handler')
          await stream.write('done')
          stream.close()
        }
      },
    )
    const response = await router.request('/7')
    expect(await response.text()).toContain('data: done\n\n')
    expect(seen.filter((name) => !name.startsWith('after'))).toEqual('a,b,c,d,e,f,start 7,handler'.split(','))
    expect(seen.filter((name) => name.startsWith('after'))).toEqual(
      ['f', 'e', 'd', 'c', 'b', 'a'].map((name) => `after ${name}`),
    )
  })

  test('may be none', async () => {
    const router = createRouter().sse('/', () => async (stream) => {
      await stream.write('done')
      stream.close()
    })
    expect(await (await router.request('/')).text()).toContain('data: done\n\n')
  })
})

test('SSE-31 a route of events is a GET route of its middleware and of `sse`', async () => {
  const pass: MiddlewareHandler = async (_c, next) => next()
  const start = () => async (stream: { write: (data: string) => Promise<boolean>; close: () => void }) => {
    await stream.write('done')
    stream.close()
  }
  const options = { retryMs: 70, headers: { 'x-feed': 'yes' } }
  const routed = createRouter({ sse: options }).sse('/x/:id', pass, start)
  const plain = new Hono().get('/x/:id', pass, sse(start, options))
  const shape = ({ routes }: Hono) => routes.map(({ method, path, basePath }) => ({ method, path, basePath }))
  expect(shape(routed)).toEqual(shape(plain))

  const answers = await Promise.all(
    [routed, plain].map(async (app) => {
      const { status, headers, body } = await app.request('/x/1')
      return { status, headers: [...headers], text: await new Response(body).text() }
    }),
  )
  expect(answers[0]).toEqual(answers[1])
  expect(answers[0]?.headers).toContainEqual(['x-feed', 'yes'])
  expect((await routed.request('/x/1', { method: 'POST' })).status).toBe(404)
})

test('SSE-11a a stream whose response middleware throws away ends like one that nobody reads', async () => {
  let ended: Promise<SseEnd> | undefined
  const value = sse(
    () => (stream) => {
      ended = stream.closed
    },
    { stallMs: 30 },
  )
  const app = new Hono()
    .get(
      '/',
      async (_c, next) => {
        await next()
        throw new Error('too late')
      },
      value,
    )
    .onError((error, c) => c.text(error.message, 500))
  const response = await app.request('/')
  expect([response.status, await response.text()]).toEqual([500, 'too late'])
  expect(response.headers.get('content-type')).not.toContain('text/event-stream')
  expect(await ended).toBe('aborted')
  expect(value.stats()).toEqual({ open: 0 })
})
