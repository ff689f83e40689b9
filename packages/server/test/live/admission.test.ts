import type { CruxStore } from '@crux/core'
import { describe, expect, expectTypeOf, vi } from 'vitest'
import { cruxSSEHandler } from '@crux/server'
import { failing, secretError } from '../support/faulty-stores.ts'
import { comingFrom, follow, liveUrl, test } from '../support/live-test.ts'
import { partsOf } from '../support/read-frames.ts'
import { eventually } from '../../../../test/eventually.ts'

const get = (init?: RequestInit) => new Request(liveUrl, init)
describe('LIVE-12 authorize and prefix', () => {
  test('LIVE-12 authorize runs first, and its result is the context of prefix', async ({
    makeHandler,
    write,
  }) => {
    await write.plan('u:ann:p')
    await write.plan('u:bob:p')
    const seen: unknown[] = []
    const handler = makeHandler({
      authorize: async (request) => ({ user: request.headers.get('x-user') ?? '' }),
      prefix: (request, context) => {
        expectTypeOf(context).toEqualTypeOf<{ user: string }>()
        seen.push([request.url, context])
        return `u:${context.user}:`
      },
    })
    const stream = await follow(handler, { headers: { 'x-user': 'bob' } })
    expect(partsOf(await stream.untilReady()).map(({ key }) => key)).toEqual(['u:bob:p'])
    expect(seen).toEqual([[liveUrl, { user: 'bob' }]])
  })

  test('LIVE-12 false is 403, and nothing is read', async ({ makeHandler, store }) => {
    const changes = vi.fn<CruxStore['changes']>(store.changes)
    const handler = makeHandler({
      store: { ...store, changes, scope: () => ({ ...store, changes }) },
      authorize: () => false,
    })
    const response = await handler(get())
    expect(response.status).toBe(403)
    expect(await response.json()).toEqual({
      error: { code: 'forbidden', message: 'You may not follow this.' },
    })
    expect(changes.mock.calls).toEqual([])
  })

  test.for([
    ['authorize returns', { authorize: () => new Response('who?', { status: 401 }) }, 401],
    ['authorize throws', { authorize: () => raise(new Response('who?', { status: 401 })) }, 401],
    ['prefix returns', { prefix: async () => new Response('where?', { status: 404 }) }, 404],
    ['prefix throws', { prefix: () => raise(new Response('where?', { status: 404 })) }, 404],
  ] as const)('LIVE-12 a Response that %s is the answer', async ([, options, status], { makeHandler }) => {
    const handler = makeHandler(options)
    const response = await handler(get())
    expect(response.status).toBe(status)
    expect(handler.errors).toEqual([])
    expect(handler.stats()).toEqual({ open: 0 })
  })

  test.for([
    ['authorize', { authorize: () => raise(secretError) }],
    ['prefix', { prefix: () => raise(secretError) }],
    ['viewKey', { viewKey: () => raise(secretError) }],
  ] as const)(
    'LIVE-13 REL-24 an error of %s is 503 without its text',
    async ([, options], { makeHandler }) => {
      const handler = makeHandler(options)
      const response = await handler(get())
      expect(response.status).toBe(503)
      expect(response.headers.get('retry-after')).toBe('5')
      expect(await response.text()).not.toContain('hunter2')
      expect(handler.errors).toEqual([secretError])
      expect(handler.stats()).toEqual({ open: 0 })
    },
  )

  test('LIVE-12 a prefix that is no scope is 500, or a throw at construction if it is fixed', async ({
    makeHandler,
    store,
  }) => {
    expect(() => cruxSSEHandler({ store, prefix: 'no scope' })).toThrow(
      expect.objectContaining({ code: 'invalid-id' }),
    )
    const handler = makeHandler({ prefix: () => 'session' })
    const response = await handler(get())
    expect(response.status).toBe(500)
    expect(await response.json()).toEqual({
      error: { code: 'internal', message: 'The request could not be answered.' },
    })
    expect(handler.errors).toEqual([expect.objectContaining({ code: 'invalid-id' })])
  })

  test('LIVE-12 a scope is relative to the store that the handler was given', async ({
    makeHandler,
    store,
    write,
  }) => {
    await write.plan('t:s:p')
    await write.plan('s:p')
    const handler = makeHandler({ store: store.scope('t:'), prefix: 's:' })
    expect(partsOf(await (await follow(handler)).untilReady()).map(({ key }) => key)).toEqual(['t:s:p'])
  })
})

describe('LIVE-13 answers that are no stream', () => {
  test('LIVE-13 only GET and HEAD', async ({ makeHandler }) => {
    const authorize = vi.fn<() => true>(() => true)
    const response = await makeHandler({ authorize, headers: { 'access-control-allow-origin': '*' } })(
      get({ method: 'POST', body: 'x' }),
    )
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, HEAD')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(await response.json()).toEqual({
      error: { code: 'method-not-allowed', message: 'Use GET or HEAD.' },
    })
  })

  test('LIVE-13 HEAD gets the headers and opens nothing', async ({ makeHandler }) => {
    const handler = makeHandler({ maxConnections: 0 })
    const response = await handler(get({ method: 'HEAD' }))
    expect([response.status, response.body]).toEqual([200, null])
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(handler.stats()).toEqual({ open: 0 })
    const poll = await handler(get({ method: 'HEAD', headers: { accept: 'application/json' } }))
    expect(poll.headers.get('content-type')).toBe('application/json')
  })

  test('LIVE-13 over a limit it is 503 with Retry-After, and a place is free again after the end', async ({
    makeHandler,
  }) => {
    const prefix = (request: Request) => new URL(request.url).searchParams.get('scope') ?? ''
    const handler = makeHandler({ prefix, maxConnections: 3, maxConnectionsPerScope: 2 })
    const open = (scope: string) => follow(handler, { url: `${liveUrl}?scope=${scope}` })
    const first = await open('a:')
    await open('a:')
    const third = await open('a:')
    expect(third.response.status).toBe(503)
    expect(third.response.headers.get('retry-after')).toBe('5')
    expect(third.response.headers.get('cache-control')).toBe('no-store')
    await open('b:')
    expect((await open('c:')).response.status).toBe(503)
    await first.cancel()
    expect((await open('a:')).response.status).toBe(200)
    expect(handler.stats()).toEqual({ open: 3 })
  })

  test('LIVE-13 REL-24 a store that cannot be reached is 503, without its words', async ({
    makeHandler,
    store,
  }) => {
    const broken = failing(store)
    const handler = makeHandler({ store: broken.store })
    for (const init of [{}, comingFrom('x.1'), { headers: { accept: 'application/json' } }]) {
      const response = await handler(get(init))
      expect(response.status).toBe(503)
      expect(await response.json()).toEqual({
        error: { code: 'store-unavailable', message: 'The data cannot be reached now. Try again later.' },
      })
    }
    expect(handler.errors).toEqual([secretError, secretError, secretError])
    expect(handler.stats()).toEqual({ open: 0 })
    broken.repair()
    expect((await handler(get())).status).toBe(200)
  })

  test('LIVE-13 a closed store is 503', async ({ makeHandler, store }) => {
    await store.close()
    expect((await makeHandler()(get())).status).toBe(503)
  })

  test('LIVE-13 SSE-25 after close clients are sent away for a while, and polls get 503', async ({
    makeHandler,
  }) => {
    const handler = makeHandler({ headers: { 'access-control-allow-origin': '*' } })
    handler.close()
    const response = await handler(get())
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toEqual({
      'access-control-allow-origin': '*',
      'cache-control': 'no-cache, no-transform',
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
    })
    expect(await response.text()).toBe('retry: 5000\n\n')
    const poll = await handler(get({ headers: { accept: 'application/json' } }))
    expect([poll.status, poll.headers.get('retry-after')]).toEqual([503, '5'])
  })
})

describe('LIVE-14 headers', () => {
  test('LIVE-14 SSE-22 the user may add and override, but not the content type, and nothing that HTTP/2 forbids', async ({
    makeHandler,
    store,
  }) => {
    const response = await makeHandler({ headers: { 'cache-control': 'no-store', 'x-mine': '1' } })(get())
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('x-mine')).toBe('1')
    for (const name of ['content-type', 'connection', 'keep-alive', 'transfer-encoding', 'upgrade']) {
      expect(() => cruxSSEHandler({ store, headers: { [name]: 'x' } })).toThrow(name)
    }
  })
})

describe('options', () => {
  test.for([
    { heartbeatMs: Infinity },
    { stallMs: -1 },
    { retryMs: 1.5 },
    { progressWindowMs: Number.NaN },
    { maxLifetimeMs: 2 ** 31 },
    { maxConnections: -1 },
    { maxBufferedBytes: Number.NaN },
  ])('LIVE-15 %o is refused at construction', (options, { store }) => {
    expect(() => cruxSSEHandler({ store, ...options })).toThrow(
      expect.objectContaining({
        code: 'invalid-value',
        message: expect.stringContaining(Object.keys(options)[0] ?? ''),
      }),
    )
  })
})

describe('LIVE-16 the client that must stop', () => {
  test('LIVE-16 SSE-22 an id of sse:end is answered 204, never cached', async ({ makeHandler }) => {
    const handler = makeHandler({
      headers: { 'cache-control': 'public', 'access-control-allow-origin': '*' },
    })
    const response = await handler(get({ headers: { 'last-event-id': 'sse:end' } }))
    expect([response.status, response.body]).toEqual([204, null])
    expect(Object.fromEntries(response.headers)).toEqual({
      'access-control-allow-origin': '*',
      'cache-control': 'no-store',
    })
    expect((await handler(new Request(`${liveUrl}?lastEventId=sse:end`))).status).toBe(204)
  })

  test('LIVE-16 a refusal wins over it', async ({ makeHandler }) => {
    const handler = makeHandler({ authorize: () => false })
    expect((await handler(get({ headers: { 'last-event-id': 'sse:end' } }))).status).toBe(403)
  })
})

describe('the hooks', () => {
  test('LIVE-12 LIVE-16 onConnect and onDisconnect are told who and why, and what they throw goes to onError', async ({
    makeHandler,
  }) => {
    const told: unknown[] = []
    const handler = makeHandler({
      authorize: () => ({ user: 'ann' }),
      prefix: 's:',
      onConnect: ({ scope, context, reason, request }) => {
        told.push(['connect', scope, context, reason, request.url])
        throw new Error('connect')
      },
      onDisconnect: async ({ scope, context, reason }) => {
        told.push(['disconnect', scope, context, reason])
        throw new Error('disconnect')
      },
    })
    const stream = await follow(handler)
    await stream.untilReady()
    await stream.cancel()
    await (await follow(handler)).untilReady()
    handler.close()
    await eventually(() => expect(handler.errors).toHaveLength(4))
    expect(told).toEqual([
      ['connect', 's:', { user: 'ann' }, undefined, liveUrl],
      ['disconnect', 's:', { user: 'ann' }, undefined],
      ['connect', 's:', { user: 'ann' }, undefined, liveUrl],
      ['disconnect', 's:', { user: 'ann' }, 'closed'],
    ])
  })

  test('REL-24 an onError that throws breaks nothing', async ({ makeHandler }) => {
    const handler = makeHandler({
      onError: () => raise(new Error('onError')),
      onConnect: () => raise(new Error('onConnect')),
    })
    const stream = await follow(handler)
    await stream.untilReady()
    expect((await handler(get({ headers: { 'last-event-id': 'sse:end' } }))).status).toBe(204)
  })

  test('LIVE-13 without onError what went wrong is logged', async ({ makeHandler }) => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    await makeHandler({ onError: undefined, authorize: () => raise(new Error('no')) })(get())
    expect(log.mock.calls).toEqual([['cruxSSEHandler (authorize):', new Error('no')]])
    log.mockRestore()
  })
})

function raise(error: unknown): never {
  throw error
}
