import { createRouter, type SseStart } from '@crux/server/hono'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'

const finite: SseStart = (c) => async (stream) => {
  await stream.write(c.req.path)
  stream.close()
}

async function textOf(app: Hono, path: string): Promise<string> {
  return (await app.request(path)).text()
}

describe('SSE-34 a router', () => {
  test('is a Hono, and each of its methods gives it back', () => {
    const router = createRouter()
    expect(router).toBeInstanceOf(Hono)
    expect(router.sse('/a', finite)).toBe(router)
    expect(router.get('/b', (c) => c.text('b'))).toBe(router)
  })

  test('has other routes beside those of events, and chains', async () => {
    const router = createRouter()
      .sse('/a', finite)
      .sse('/b', finite)
      .get('/c', (c) => c.text('plain'))
    expect(await textOf(router, '/a')).toContain('data: /a\n\n')
    expect(await textOf(router, '/b')).toContain('data: /b\n\n')
    expect(await textOf(router, '/c')).toBe('plain')
  })

  test('can be mounted, with its own answer to errors', async () => {
    const router = createRouter().sse('/a', finite)
    router.sse('/broken', () => {
      throw new Error('broken')
    })
    router.onError((error, c) => c.text(`router: ${error.message}`, 502))
    const app = new Hono().route('/v1', router)
    expect(await textOf(app, '/v1/a')).toContain('data: /v1/a\n\n')
    expect(await textOf(app, '/v1/broken')).toBe('router: broken')
    expect((await app.request('/a')).status).toBe(404)
  })

  test('has its base path in front of every path, also where it is mounted', async () => {
    const router = createRouter({ basePath: '/exports' }).sse('/:id', finite)
    router.get('/', (c) => c.text('all'))
    expect(await textOf(router, '/exports/7')).toContain('data: /exports/7\n\n')
    expect(await textOf(router, '/exports')).toBe('all')
    expect((await router.request('/7')).status).toBe(404)
    expect(await textOf(new Hono().route('/v1', router), '/v1/exports/7')).toContain(
      'data: /v1/exports/7\n\n',
    )
  })

  test('gives a plain Hono for a further base path', async () => {
    const router = createRouter().sse('/a', finite)
    const further = router.basePath('/b')
    expect('sse' in further).toBe(false)
    further.get('/c', (c) => c.text('c'))
    expect(await textOf(router, '/b/c')).toBe('c')
  })

  test('refuses a route without anything that gives its handler', () => {
    // As from JavaScript.
    const path = '/' as never
    expect(() => createRouter().sse(path, undefined as never)).toThrow(
      expect.objectContaining({ code: 'invalid-value' }),
    )
  })
})
