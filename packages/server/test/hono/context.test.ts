import { AsyncLocalStorage } from 'node:async_hooks'
import { createRouter, sse, type SseStart } from '@crux/server/hono'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { describe, expect, test } from 'vitest'

const finite: SseStart = () => async (stream) => {
  await stream.write('done')
  stream.close()
}

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}

describe('SSE-33 headers that middleware has set', () => {
  test('survive, however and whenever they are set', async () => {
    const app = new Hono()
    app.use(async (c, next) => {
      c.header('x-header', '1')
      await next()
      c.header('x-after', '3')
    })
    app.use(async (c, next) => {
      c.res.headers.set('x-res', '2')
      await next()
    })
    app.get('/', sse(finite))
    const response = await app.request('/')
    expect(Object.fromEntries(response.headers)).toEqual({
      ...streamHeaders,
      'x-header': '1',
      'x-res': '2',
      'x-after': '3',
    })
    expect(await response.text()).toContain('data: done\n\n')
  })

  test('do not take the place of those of a stream', async () => {
    const app = new Hono()
    app.use(async (c, next) => {
      c.header('content-type', 'text/plain')
      c.res.headers.set('cache-control', 'max-age=60')
      await next()
    })
    app.get('/', sse(finite))
    const response = await app.request('/')
    expect(Object.fromEntries(response.headers)).toEqual(streamHeaders)
    await response.text()
  })

  test('allow other origins', async () => {
    const router = createRouter().sse('/', cors({ origin: 'http://app.test', credentials: true }), finite)
    const response = await router.request('/', { headers: { origin: 'http://app.test' } })
    expect(response.headers.get('access-control-allow-origin')).toBe('http://app.test')
    expect(response.headers.get('access-control-allow-credentials')).toBe('true')
    expect(response.headers.get('vary')).toMatch(/^origin$/i)
    await response.text()
  })

  test.each([
    ['c.header', ['a=1', 'b=2']],
    ['c.res.headers', ['a=1']],
  ])('are joined with those of the options where there can be several: %s', async (way, cookies) => {
    const app = new Hono()
    app.use(async (c, next) => {
      const append = (name: string, value: string) =>
        way === 'c.header' ? c.header(name, value, { append: true }) : c.res.headers.append(name, value)
      for (const cookie of cookies) append('set-cookie', cookie)
      append('vary', 'Cookie')
      await next()
    })
    const headers: [string, string][] = [
      ['set-cookie', 'c=3'],
      ['vary', 'Origin'],
    ]
    app.get('/', sse(finite, { headers }))
    const response = await app.request('/')
    expect(response.headers.getSetCookie()).toEqual([...cookies, 'c=3'])
    expect(response.headers.get('vary')).toBe('Cookie, Origin')
    await response.text()
  })
})

describe('SSE-33 inside the handler', () => {
  test('the context is still what it was', async () => {
    interface AppEnv {
      Variables: { user: string }
      Bindings: { region: string }
    }
    const router = createRouter<AppEnv>().sse(
      '/rooms/:room',
      async (c, next) => {
        c.set('user', 'ada')
        await next()
        c.set('user', 'ada, later')
      },
      (c) => async (stream, request) => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        await stream.write(
          [
            c.req.param('room'),
            c.req.query('q'),
            c.get('user'),
            c.env.region,
            request === c.req.raw,
            request.headers.get('x-a'),
          ].join(' '),
        )
        stream.close()
      },
    )
    const app = new Hono().route('/app', router)
    const response = await app.request('/app/rooms/blue?q=7', { headers: { 'x-a': 'a' } }, { region: 'eu' })
    expect(await response.text()).toContain('data: blue 7 ada, later eu true a\n\n')
  })

  test('what runs asynchronously knows where it comes from', async () => {
    const storage = new AsyncLocalStorage<string>()
    const app = new Hono()
    app.use((_c, next) => storage.run('this request', next))
    app.get(
      '/',
      sse(async () => {
        await Promise.resolve()
        return async (stream) => {
          await stream.write(String(storage.getStore()))
          stream.close()
        }
      }),
    )
    expect(await (await app.request('/')).text()).toContain('data: this request\n\n')
  })
})
