import { createRouter, sse, type SseStart } from '@crux/server/hono'
import { Hono, type ExecutionContext } from 'hono'
import { describe, expect, test } from 'vitest'

const finite: SseStart = () => async (stream) => {
  await stream.write('done')
  stream.close()
}

describe('SSE-33 waitUntil', () => {
  const kept: Promise<unknown>[] = []
  class Context {
    // With a private member, so that it cannot be called without its object.
    readonly #kept = kept
    readonly props = {}
    waitUntil(promise: Promise<unknown>): void {
      this.#kept.push(promise)
    }
    passThroughOnException(): void {}
  }
  const context: ExecutionContext = new Context()

  test('is that of the execution context, and is given the end of the stream', async () => {
    kept.length = 0
    const app = new Hono().get('/', sse(finite))
    const response = await app.request('/', {}, {}, context)
    expect(kept).toHaveLength(1)
    await response.text()
    expect(await kept[0]).toBe('complete')
  })

  test('is that of the options where there is one', async () => {
    kept.length = 0
    const own: Promise<unknown>[] = []
    const app = new Hono().get('/', sse(finite, { waitUntil: (promise) => own.push(promise) }))
    const response = await app.request('/', {}, {}, context)
    await response.text()
    expect(kept).toEqual([])
    expect(await Promise.all(own)).toEqual(['complete'])
  })

  test('is none where nothing runs on', async () => {
    const response = await new Hono().get('/', sse(finite)).request('/')
    expect(await response.text()).toContain('data: done\n\n')
  })
})

describe('SSE-34 the options of a router', () => {
  test('are those of each of its routes', async () => {
    const router = createRouter({ sse: { retryMs: 70 } })
      .sse('/a', finite)
      .sse('/b', finite)
    for (const path of ['/a', '/b'])
      expect(await (await router.request(path)).text()).toMatch(/^retry: 70\n\n/)
  })

  test('count connections for each route, and end all streams by one signal', async () => {
    const stop = new AbortController()
    const ended: string[] = []
    const open: SseStart = (c) => (stream) => {
      void stream.closed.then((end) => ended.push(`${c.req.path} ${end}`))
    }
    const router = createRouter({ sse: { maxConnections: 1, signal: stop.signal } })
      .sse('/a', open)
      .sse('/b', open)
    const first = await router.request('/a')
    const second = await router.request('/b')
    expect([first.status, second.status]).toEqual([200, 200])
    expect((await router.request('/a')).status).toBe(503)
    stop.abort()
    await Promise.all([first.text(), second.text()])
    expect(ended.toSorted()).toEqual(['/a shutdown', '/b shutdown'])
  })
})
