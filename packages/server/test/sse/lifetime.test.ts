import { AsyncLocalStorage } from 'node:async_hooks'
import { sse, toNodeHandler, type SseEnd, type SseStream } from '@crux/server'
import { describe, expect, onTestFinished, vi } from 'vitest'
import { eventually } from '../../../../test/eventually.ts'
import { eventsUrl, read, readAll, readText, said, takeStream, test, turn } from '../support/sse-test.ts'

/** Time stands still until it is moved on, but for `setImmediate`. */
function fakeTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
}

describe('SSE-1 the response', () => {
  test('SSE-1 it is there at once, and the handler starts in a microtask afterwards', async ({ makeSse }) => {
    const order: string[] = []
    const route = makeSse(() => void order.push('handler'))
    const response = route(new Request(eventsUrl))
    order.push('response')
    expect([response.status, response instanceof Response]).toEqual([200, true])
    await Promise.resolve()
    expect(order).toEqual(['response', 'handler'])
    await response.body?.cancel()
  })

  test('SSE-1 the handler runs in the async context of the call, and gets the request', async ({
    makeSse,
  }) => {
    const user = new AsyncLocalStorage<string>()
    const seen: unknown[] = []
    const route = makeSse(async (stream, request) => {
      seen.push(request)
      await stream.write(String(user.getStore()))
      await turn()
      await stream.write(String(user.getStore()))
    })
    const requests = ['ann', 'bob'].map((name) => ({ name, request: new Request(eventsUrl) }))
    const bodies = requests.map(({ name, request }) => user.run(name, () => route(request)))
    expect(await Promise.all(bodies.map((body) => body.text()))).toEqual(
      ['ann', 'bob'].map((name) => `:\n\ndata: ${name}\n\ndata: ${name}\n\n${said('complete')}`),
    )
    expect(seen).toEqual(requests.map(({ request }) => request))
  })

  test('SSE-1 what is no function throws at once', () => {
    for (const given of [undefined, {}, 'text'])
      for (const make of [sse, toNodeHandler])
        expect(() => make(given as never)).toThrow(expect.objectContaining({ code: 'invalid-value' }))
  })

  test('SSE-2 POST runs the handler, which reads the body; HEAD has the same headers and runs nothing', async ({
    makeSse,
  }) => {
    let runs = 0
    const route = makeSse(
      async (stream, request) => {
        runs++
        await stream.write(`${request.method} ${await request.text()}`)
      },
      { headers: { 'x-one': '1' } },
    )
    expect(await readAll(route, { method: 'POST', body: 'question' })).toContain('data: POST question\n\n')
    const [get, head] = ['GET', 'HEAD'].map((method) => route(new Request(eventsUrl, { method })))
    await get?.text()
    expect([head?.status, head?.body]).toEqual([200, null])
    expect([...(head?.headers ?? [])]).toEqual([...(get?.headers ?? [])])
    await turn()
    expect([runs, route.stats()]).toEqual([2, { open: 0 }])
  })
})

describe('SSE-3 a stream ends once, at the first cause', () => {
  /** Ways to end, and whether what was accepted is still delivered. */
  const causes: Record<
    SseEnd,
    { end: (stream: SseStream, leave: () => void, close: () => void) => void; text: string }
  > = {
    complete: { end: (stream) => stream.close(), text: `data: last\n\n${said('complete')}` },
    error: { end: () => {}, text: 'event: stream-error' },
    aborted: { end: (_stream, leave) => leave(), text: '' },
    shutdown: { end: (_stream, _leave, close) => close(), text: 'data: last\n\n' },
    expired: { end: () => {}, text: 'data: last\n\n' },
    overflow: {
      end: (stream) => {
        for (let n = 0; n < 3; n++) void stream.write('x'.repeat(1000))
      },
      text: '',
    },
  }

  test.for([
    ['aborted', 'complete'],
    ['aborted', 'shutdown'],
    ['complete', 'aborted'],
    ['complete', 'shutdown'],
    ['complete', 'overflow'],
    ['shutdown', 'complete'],
    ['shutdown', 'aborted'],
    ['overflow', 'complete'],
    ['overflow', 'aborted'],
  ] as const)('SSE-3 %s, then %s', async ([first, second], { makeSse }) => {
    const { handler, stream: taking } = takeStream()
    const route = makeSse(handler, { maxBufferedBytes: 1500 })
    const leaving = new AbortController()
    const response = route(new Request(eventsUrl, { signal: leaving.signal }))
    const stream = await taking
    for (const cause of [first, second])
      causes[cause].end(
        stream,
        () => leaving.abort(),
        () => route.close(),
      )
    // Nobody has read yet, so nothing of what is still to be delivered was handed over.
    if (second !== 'aborted' && first !== 'aborted') await response.text()
    expect(await stream.closed).toBe(first)
    expect(route.stats()).toEqual({ open: 0 })
  })

  test.for(['complete', 'error', 'expired', 'shutdown'] as const)(
    'SSE-3 what was accepted before "%s" is delivered, and only then is the stream closed and the slot free',
    async (cause, { makeSse }) => {
      let fail = (_error: Error) => {}
      if (cause === 'expired') fakeTimers()
      const { handler, stream: taking } = takeStream()
      const route = makeSse(
        async (given, request) => {
          void handler(given, request)
          await new Promise((_resolve, reject) => {
            fail = reject
          })
        },
        { maxLifetimeMs: cause === 'expired' ? 10_000 : undefined },
      )
      const response = route(new Request(eventsUrl))
      const stream = await taking
      let word: SseEnd | undefined
      void stream.closed.then((given) => {
        word = given
      })
      for (let n = 0; n < 5; n++) expect(await stream.write(n === 4 ? 'last' : n)).toBe(true)
      if (cause === 'error') fail(new Error('hunter2'))
      else if (cause === 'expired') await vi.advanceTimersByTimeAsync(10_000)
      else causes[cause].end(stream, () => {}, route.close)
      await turn()
      expect([word, route.stats(), await stream.write('late')]).toEqual([undefined, { open: 1 }, false])
      const text = await response.text()
      expect(text).toMatch(/^:\n\ndata: 0\n\ndata: 1\n\ndata: 2\n\ndata: 3\n\ndata: last\n\n/)
      expect(text).toContain(causes[cause].text)
      expect(text).not.toContain('late')
      expect([await stream.closed, route.stats()]).toEqual([cause, { open: 0 }])
    },
  )

  test.for(['aborted', 'overflow'] as const)(
    'SSE-3 what waits at "%s" is dropped',
    async (cause, { makeSse }) => {
      const { handler, stream: taking } = takeStream()
      const route = makeSse(handler, { maxBufferedBytes: 1500 })
      const leaving = new AbortController()
      const response = route(new Request(eventsUrl, { signal: leaving.signal }))
      const stream = await taking
      await stream.write('last')
      causes[cause].end(stream, () => leaving.abort(), route.close)
      expect([await stream.closed, route.stats()]).toEqual([cause, { open: 0 }])
      expect(await response.text()).toBe('')
    },
  )

  test('SSE-4 close() delivers what was accepted, works once, and lets the handler go on', async ({
    makeSse,
  }) => {
    const after: unknown[] = []
    const route = makeSse(async (stream) => {
      void stream.write('accepted')
      stream.close()
      stream.close({ reconnect: true })
      after.push(await stream.write('late'), await stream.closed)
    })
    expect(await readAll(route)).toBe(`:\n\ndata: accepted\n\n${said('complete')}`)
    await eventually(() => expect(after).toEqual([false, 'complete']))
    expect(route.errors).toEqual([])
  })

  test('SSE-4 close({ reconnect: true }) leaves out the end, so that clients come back', async ({
    makeSse,
  }) => {
    const route = makeSse((stream) => {
      void stream.writeSSE({ id: 7, data: 'accepted' })
      stream.close({ reconnect: true })
    })
    expect(await readAll(route)).toBe(':\n\nid: 7\ndata: accepted\n\n')
  })
})

describe('SSE-8 the abort', () => {
  test.for(['aborted', 'expired', 'shutdown', 'overflow'] as const)(
    'SSE-8 on "%s" the signal aborts and the callbacks run, in their order, once',
    async (cause, { makeSse }) => {
      const calls: unknown[] = []
      const streams: SseStream[] = []
      if (cause === 'expired') fakeTimers()
      const route = makeSse(
        (stream) => {
          streams.push(stream)
          stream.signal.addEventListener('abort', () => calls.push('signal'))
          stream.onAbort(() => void calls.push('first'))
          stream.onAbort(() => void calls.push('undone'))()
          stream.onAbort(async () => {
            calls.push('second')
            await Promise.reject(new Error('of a callback'))
          })
          stream.onAbort(() => {
            calls.push('third')
            throw new Error('of another')
          })
          const undo = stream.onAbort(() => void calls.push('undone by the one before'))
          stream.onAbort(() => void calls.push('last'))
          stream.onAbort(undo)
        },
        { maxLifetimeMs: cause === 'expired' ? 60_000 : undefined, maxBufferedBytes: 1000 },
      )
      const leaving = new AbortController()
      const body = readText(route(new Request(eventsUrl, { signal: leaving.signal })).body)
      await body.until(':')
      const [stream] = streams
      if (stream === undefined) throw new Error('The handler has not run.')
      expect(stream.signal.aborted).toBe(false)
      if (cause === 'expired') await vi.advanceTimersByTimeAsync(60_000)
      if (cause === 'shutdown') route.close()
      if (cause === 'overflow') for (let n = 0; n < 3; n++) void stream.write('x'.repeat(1000))
      if (cause === 'aborted') {
        leaving.abort()
        await body.cancel()
      }
      expect(await stream.closed).toBe(cause)
      expect(calls).toEqual(['signal', 'first', 'second', 'third', 'undone by the one before', 'last'])
      expect(stream.signal.reason).toMatchObject({ name: 'AbortError' })
      await eventually(() =>
        expect(
          route.errors.filter(({ phase }) => phase === 'abort').map(({ error }) => String(error)),
        ).toEqual(['Error: of another', 'Error: of a callback']),
      )
      stream.onAbort(() => void calls.push('late'))
      stream.onAbort(() => void calls.push('late, undone'))()
      expect(calls).not.toContain('late')
      await Promise.resolve()
      expect(calls.slice(-2)).toEqual(['last', 'late'])
    },
  )

  test('SSE-8 on "complete" and "error" nothing runs, not even what is registered later', async ({
    makeSse,
  }) => {
    const calls: string[] = []
    const streams: SseStream[] = []
    for (const error of [undefined, new Error('hunter2')]) {
      const route = makeSse(async (stream) => {
        streams.push(stream)
        stream.onAbort(() => void calls.push('callback'))
        stream.signal.addEventListener('abort', () => calls.push('signal'))
        await stream.write('an event')
        if (error) throw error
      })
      await readAll(route)
    }
    for (const stream of streams) stream.onAbort(() => void calls.push('late'))
    await turn()
    expect([calls, streams.map(({ signal }) => signal.aborted)]).toEqual([[], [false, false]])
  })

  test('SSE-8 SSE-24 a request that was aborted before is gone at once, and the handler can clean up', async ({
    makeSse,
  }) => {
    const calls: unknown[] = []
    const route = makeSse((stream) => {
      stream.onAbort(() => void calls.push('callback'))
      calls.push(stream.signal.aborted)
      void stream.closed.then((word) => calls.push(word))
      void stream.write('nobody reads').then((isOpen) => calls.push(isOpen))
    })
    expect(await readAll(route, { signal: AbortSignal.abort() })).toBe('')
    await turn()
    expect(calls).toEqual([true, 'callback', 'aborted', false])
    expect([route.errors, route.stats()]).toEqual([[], { open: 0 }])
  })

  test('SSE-24 whoever says first that the client has left, a handler that listens itself cannot say otherwise', async ({
    makeSse,
  }) => {
    const leaving = new AbortController()
    let closed: Promise<SseEnd> | undefined
    const route = makeSse((stream, request) => {
      closed = stream.closed
      request.signal.addEventListener('abort', () => stream.close())
    })
    const body = readText(route(new Request(eventsUrl, { signal: leaving.signal })).body)
    await body.until(':')
    leaving.abort()
    expect(await closed).toBe('aborted')
  })
})

describe('SSE-24 the end of a lifetime', () => {
  test('SSE-24 at maxLifetimeMs the stream ends as "expired", and nothing tells the client not to come back', async ({
    makeSse,
  }) => {
    fakeTimers()
    const { handler, stream: taking } = takeStream()
    const body = read(makeSse(handler, { maxLifetimeMs: 10_000 }))
    const stream = await taking
    await vi.advanceTimersByTimeAsync(9_999)
    expect(stream.signal.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await stream.closed).toBe('expired')
    expect([body.text(), vi.getTimerCount()]).toEqual([':\n\n', 0])
  })

  test('SSE-24 a stream keeps its request reachable, so that an abort is heard', async ({ makeSse }) => {
    const { collectGarbage } = await import('../support/sse-test.ts')
    const { handler, stream } = takeStream()
    const route = makeSse(handler)
    const leaving = new AbortController()
    const body = readText(route(new Request(eventsUrl, { signal: leaving.signal })).body)
    await body.until(':')
    for (let n = 0; n < 5; n++) {
      collectGarbage()
      await turn()
    }
    leaving.abort()
    expect(await (await stream).closed).toBe('aborted')
  })
})

describe('SSE-25 slots and closing', () => {
  test('SSE-25 above maxConnections a request is 503, and every kind of end frees the slot', async ({
    makeSse,
  }) => {
    let fail = (_error: Error) => {}
    const streams: SseStream[] = []
    const route = makeSse(
      async (stream) => {
        streams.push(stream)
        await new Promise((_resolve, reject) => {
          fail = reject
        })
      },
      { maxConnections: 1, maxBufferedBytes: 1000, headers: { 'x-one': '1' } },
    )
    const ends: ((body: ReturnType<typeof read>, stream: SseStream) => unknown)[] = [
      (_body, stream) => stream.close(),
      () => fail(new Error('hunter2')),
      (body) => body.cancel(),
      (_body, stream) => {
        for (let n = 0; n < 3; n++) void stream.write('x'.repeat(1000))
      },
    ]
    for (const end of ends) {
      const body = read(route)
      await body.until(':')
      const refused = route(new Request(eventsUrl))
      expect([refused.status, refused.headers.get('retry-after'), refused.headers.get('x-one')]).toEqual([
        503,
        '5',
        '1',
      ])
      expect(refused.headers.get('content-type')).toBe('application/json')
      expect(await refused.json()).toEqual({
        error: { code: 'too-many-connections', message: 'Too many connections are open. Try again later.' },
      })
      expect(route(new Request(eventsUrl, { method: 'HEAD' })).status).toBe(200)
      const stopped = route(new Request(eventsUrl, { headers: { 'last-event-id': 'sse:end' } }))
      expect(stopped.status).toBe(204)
      await end(body, streams.at(-1) as SseStream)
      await eventually(() => expect(route.stats()).toEqual({ open: 0 }))
    }
    expect(streams).toHaveLength(ends.length)
  })

  test('SSE-25 after close() clients get nothing but the time to come back after', async ({ makeSse }) => {
    let runs = 0
    const route = makeSse(() => void runs++, { headers: { 'x-one': '1' }, maxConnections: 0 })
    route.close()
    route.close()
    const response = route(new Request(eventsUrl))
    expect([response.status, await response.text(), runs]).toEqual([200, 'retry: 5000\n\n', 0])
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'x-one': '1',
    })
    const head = route(new Request(eventsUrl, { method: 'HEAD' }))
    expect([head.status, head.body]).toEqual([200, null])
  })

  test('SSE-3 SSE-25 the abort of options.signal is close(), also before the first request', async ({
    makeSse,
  }) => {
    const closing = new AbortController()
    const { handler, stream } = takeStream()
    const route = makeSse(handler, { signal: closing.signal })
    const body = read(route)
    const { closed } = await stream
    closing.abort()
    expect([await closed, await body.untilEnd()]).toEqual(['shutdown', ':\n\n'])
    expect(await readAll(route)).toBe('retry: 5000\n\n')
    expect(await readAll(makeSse(handler, { signal: AbortSignal.abort() }))).toBe('retry: 5000\n\n')
  })

  test('SSE-3 a route that was closed lets go of options.signal', ({ expect: { soft } }) => {
    const closing = new AbortController()
    const added = vi.spyOn(closing.signal, 'addEventListener')
    const removed = vi.spyOn(closing.signal, 'removeEventListener')
    sse(() => {}, { signal: closing.signal }).close()
    soft(removed.mock.calls[0]?.slice(0, 2)).toEqual(added.mock.calls[0]?.slice(0, 2))
  })

  test.for(['complete', 'aborted'] as const)(
    'SSE-7 a stream that is "%s" lets go of the signal of its request, which may live on',
    async (cause, { makeSse }) => {
      const request = new Request(eventsUrl)
      const added = vi.spyOn(request.signal, 'addEventListener')
      const removed = vi.spyOn(request.signal, 'removeEventListener')
      const { handler, stream: taking } = takeStream()
      const body = readText(makeSse(handler)(request).body)
      const stream = await taking
      if (cause === 'complete') stream.close()
      else await body.cancel()
      expect(await stream.closed).toBe(cause)
      await body.untilEnd()
      expect(added.mock.calls.length).toBeGreaterThan(0)
      expect(new Set(removed.mock.calls.map(([, listener]) => listener))).toEqual(
        new Set(added.mock.calls.map(([, listener]) => listener)),
      )
    },
  )

  test('SSE-3 waitUntil is given closed, and one that throws breaks nothing', async ({ makeSse }) => {
    const given: Promise<unknown>[] = []
    const handler = (stream: SseStream) => stream.close()
    const route = makeSse(handler, { waitUntil: (promise) => void given.push(promise) })
    await readAll(route)
    expect(await Promise.all(given)).toEqual(['complete'])
    const failing = makeSse(handler, {
      waitUntil: () => {
        throw new Error('of the runtime')
      },
    })
    expect(await readAll(failing)).toContain('"complete"')
    expect(failing.errors).toMatchObject([{ phase: 'transport', error: { message: 'of the runtime' } }])
  })
})
