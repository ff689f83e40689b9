import { parseEventStream, type SseMessage } from '@crux/core/sse'
import type { SseHandler } from '@crux/server'
import { describe, expect, vi } from 'vitest'
import {
  eventsUrl,
  read,
  readAll,
  said,
  takeStream,
  test,
  turn,
  type ReportingRoute,
} from '../support/sse-test.ts'

const failed = 'event: stream-error\ndata: {"code":"internal","message":"The stream failed."}\n\n'

describe('SSE-18 a handler that fails', () => {
  const secret = new Error('hunter2')
  const failures: Record<string, SseHandler> = {
    'throws at once': () => {
      throw secret
    },
    'rejects at once': async () => {
      throw secret
    },
    'rejects after a write': async (stream) => {
      await stream.write('first')
      throw secret
    },
    'throws after a write': (stream) => {
      void stream.write('first')
      throw secret
    },
  }

  test.for(Object.keys(failures))(
    'SSE-18 SSE-19 that %s: the secret is in onError and not on the wire',
    async (name, { makeSse }) => {
      const handler = failures[name] ?? (() => {})
      const route = makeSse(handler)
      const text = await readAll(route)
      const first = name.includes('after') ? 'data: first\n\n' : ''
      expect(text).toBe(`:\n\n${first}${failed}${said('error')}`)
      expect(route.errors).toMatchObject([{ error: secret, phase: 'handler', request: { url: eventsUrl } }])
      expect(route.stats()).toEqual({ open: 0 })
    },
  )

  test('SSE-18 maskError chooses the words; one that throws, or gives no words, is passed over', async ({
    makeSse,
  }) => {
    const handler: SseHandler = () => {
      throw secret
    }
    const words = (maskError: never) => readAll(makeSse(handler, { maskError }))
    const chosen = await words(((error: Error) => ({
      code: 'quota',
      message: `${error.message.length}`,
      extra: error.message,
    })) as never)
    expect(chosen).toContain('event: stream-error\ndata: {"code":"quota","message":"7"}\n\n')
    for (const mask of [
      () => undefined,
      () => ({ code: 1, message: 'text' }),
      () => ({ code: 'quota', message: secret }),
      () => {
        throw new Error('of the mask')
      },
    ]) {
      expect(await words(mask as never)).toBe(`:\n\n${failed}${said('error')}`)
    }
  })

  test('SSE-18 an onError that throws or rejects breaks nothing', async ({ makeSse }) => {
    for (const onError of [
      () => {
        throw new Error('of onError')
      },
      async () => {
        throw new Error('of onError')
      },
    ])
      expect(await readAll(makeSse(failures['rejects at once'] as SseHandler, { onError }))).toContain(failed)
    await turn()
  })

  test('SSE-18 without onError the console is told', async ({ makeSse }) => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    await readAll(makeSse(failures['throws at once'] as SseHandler, { onError: undefined }))
    expect(log.mock.calls).toEqual([['sse (handler):', secret]])
    log.mockRestore()
  })

  test('SSE-18 a failure that is merely the abort is not reported; any other is, and an AbortError before it', async ({
    makeSse,
  }) => {
    const failWith: ((request: Request, signal: AbortSignal) => unknown)[] = [
      (_request, signal) => signal.reason,
      (request) => request.signal.reason,
      () => new DOMException('of a fetch', 'AbortError'),
      () => secret,
      () => undefined,
    ]
    const reported: unknown[] = []
    for (const makeError of failWith) {
      const leaving = new AbortController()
      const route = makeSse(async (stream, request) => {
        await new Promise<void>((resolve) => {
          stream.onAbort(resolve)
        })
        throw makeError(request, stream.signal)
      })
      const response = route(new Request(eventsUrl, { signal: leaving.signal }))
      await turn()
      leaving.abort('it has left')
      await turn()
      reported.push(...route.errors.map(({ error, phase }) => [error, phase]))
      await response.text()
    }
    expect(reported).toEqual([
      [secret, 'handler'],
      [undefined, 'handler'],
    ])
    const shut = makeSse(
      (stream) =>
        new Promise((_resolve, reject) => {
          stream.onAbort(() => reject(undefined))
        }),
    )
    const body = read(shut)
    await turn()
    shut.close()
    await body.untilEnd()
    // Although the reason of a request that was not aborted is undefined too.
    expect(shut.errors).toMatchObject([{ error: undefined, phase: 'handler' }])
    const early = makeSse(async () => {
      throw new DOMException('of a fetch', 'AbortError')
    })
    expect(await readAll(early)).toContain(failed)
    expect(early.errors).toHaveLength(1)
  })

  test('SSE-18 a failure after close() is reported, and the client has been told of the end alone', async ({
    makeSse,
  }) => {
    const route = makeSse(async (stream) => {
      stream.close()
      throw secret
    })
    expect(await readAll(route)).toBe(`:\n\n${said('complete')}`)
    expect(route.errors).toMatchObject([{ error: secret, phase: 'handler' }])
  })
})

describe('SSE-19 the end, said or not', () => {
  const failing: SseHandler = async (stream) => {
    await stream.write('first')
    throw new Error('hunter2')
  }
  test.for([
    ['end: false, complete', { end: false }, async () => {}, ':\n\n'],
    ['end: false, error', { end: false }, failing, `:\n\ndata: first\n\n${failed}`],
    ['reconnectOnError', { reconnectOnError: true }, failing, `:\n\ndata: first\n\n${failed}`],
    ['reconnectOnError, complete', { reconnectOnError: true }, async () => {}, `:\n\n${said('complete')}`],
    ['a lifetime', { maxLifetimeMs: 1 }, () => {}, ':\n\n'],
  ] as [string, object, SseHandler, string][])(
    'SSE-19 %s',
    async ([, options, handler, expected], { makeSse }) => {
      expect(await readAll(makeSse(handler, options))).toBe(expected)
    },
  )
})

/** What the WHATWG asks of an `EventSource`: it comes back with its last id after every end of a 200, and stops at a 204. */
async function eventSource(
  route: ReportingRoute,
  { closesOnEnd = false, most = 6 } = {},
): Promise<{ readonly events: readonly SseMessage[]; readonly answers: readonly (number | string)[] }> {
  const events: SseMessage[] = []
  const answers: (number | string)[] = []
  let lastId = ''
  while (answers.length < most) {
    const headers: Record<string, string> = lastId === '' ? {} : { 'last-event-id': lastId }
    const response = route(new Request(eventsUrl, { headers }))
    answers.push(response.status)
    if (response.status !== 200 || response.body === null) break
    for await (const message of parseEventStream(response.body, { onId: (id) => (lastId = id) })) {
      if (message.event === 'end' && message.id === 'sse:end' && closesOnEnd) return { events, answers }
      events.push(message)
    }
  }
  return { events, answers }
}

describe('SSE-20 a native EventSource', () => {
  const finite =
    (runs: { count: number }): SseHandler =>
    async (stream) => {
      runs.count++
      for (let row = 1; row <= 3; row++) await stream.writeSSE({ event: 'row', id: row, data: row })
    }

  test('SSE-20 that does not listen to the end runs a finite handler once, then gets 204 and stops', async ({
    makeSse,
  }) => {
    const runs = { count: 0 }
    const route = makeSse(finite(runs))
    const { events, answers } = await eventSource(route)
    expect([runs.count, answers]).toEqual([1, [200, 204]])
    expect(events.map(({ event }) => event)).toEqual(['row', 'row', 'row', 'end'])
  })

  test('SSE-20 that listens to it asks once, and a fresh one runs the handler again', async ({ makeSse }) => {
    const runs = { count: 0 }
    const route = makeSse(finite(runs))
    for (const count of [1, 2]) {
      expect((await eventSource(route, { closesOnEnd: true })).answers).toEqual([200])
      expect(runs.count).toBe(count)
    }
  })

  test('SSE-20 after an error it stops too; with reconnectOnError, and after "expired", it returns with its own last id', async ({
    makeSse,
  }) => {
    const ids: string[] = []
    const failing: SseHandler = async (stream) => {
      ids.push(stream.lastEventId)
      await stream.writeSSE({ id: ids.length, data: '' })
      throw new Error('hunter2')
    }
    expect((await eventSource(makeSse(failing))).answers).toEqual([200, 204])
    ids.length = 0
    await eventSource(makeSse(failing, { reconnectOnError: true }), { most: 3 })
    expect(ids).toEqual(['', '1', '2'])
    ids.length = 0
    const endless: SseHandler = (stream) => {
      ids.push(stream.lastEventId)
      void stream.writeSSE({ id: ids.length, data: '' })
    }
    await eventSource(makeSse(endless, { maxLifetimeMs: 5 }), { most: 3 })
    expect(ids).toEqual(['', '1', '2'])
  })

  test('SSE-20 SSE-25 the 204 has no body, is never cached, has the headers option, and comes before everything else', async ({
    makeSse,
  }) => {
    let runs = 0
    const headers = { 'access-control-allow-origin': '*', 'cache-control': 'public, max-age=60' }
    const route = makeSse(() => void runs++, { headers, maxConnections: 0 })
    for (const close of [() => {}, route.close]) {
      close()
      for (const method of ['GET', 'HEAD']) {
        const response = route(new Request(eventsUrl, { method, headers: { 'last-event-id': 'sse:end' } }))
        expect([response.status, response.body]).toEqual([204, null])
        expect(Object.fromEntries(response.headers)).toEqual({ ...headers, 'cache-control': 'no-store' })
      }
    }
    await turn()
    expect([runs, route.errors]).toEqual([0, []])
  })

  test('SSE-20 SSE-21 it works for clients that send the id in the query, unless that is turned off', async ({
    makeSse,
  }) => {
    const { handler } = takeStream()
    const url = `${eventsUrl}?lastEventId=sse%3Aend`
    expect(makeSse(handler)(new Request(url)).status).toBe(204)
    expect(makeSse(handler, { lastEventIdParam: false })(new Request(url)).status).toBe(200)
  })
})

describe('SSE-21 the last id', () => {
  const lastIdOf = async (route: (request: Request) => Response, init: RequestInit, query = '') => {
    const response = route(new Request(eventsUrl + query, init))
    return (await response.text()).slice(3).split('\n')[0]
  }

  test.for([
    ['none', {}, '', ''],
    ['the header', { 'last-event-id': '7' }, '', '7'],
    ['its bytes as UTF-8', { 'last-event-id': '\u00e6\u00bc\u00a2\u00f0\u009f\u0098\u0080' }, '', '漢😀'],
    ['a BOM is part of it', { 'last-event-id': '\u00ef\u00bb\u00bfx' }, '', '\ufeffx'],
    ['the header before the query', { 'last-event-id': '7' }, '?lastEventId=8', '7'],
    ['an empty header before the query', { 'last-event-id': '' }, '?lastEventId=8', ''],
    ['the query', {}, '?a=b&lastEventId=a%20b%E6%BC%A2', 'a b漢'],
    ['NUL', {}, '?lastEventId=a%00', ''],
    ['CR', {}, '?lastEventId=a%0D', ''],
    ['LF', {}, '?lastEventId=a%0A', ''],
    ['1024 bytes', {}, `?lastEventId=${'%C3%A9'.repeat(512)}`, 'é'.repeat(512)],
    ['1025 bytes', {}, `?lastEventId=${'%C3%A9'.repeat(512)}x`, ''],
    ['1025 bytes in the header', { 'last-event-id': 'x'.repeat(1025) }, '', ''],
  ] as [string, Record<string, string>, string, string][])(
    'SSE-21 %s',
    async ([, headers, query, expected], { makeSse }) => {
      const route = makeSse(async (stream) => void (await stream.write(stream.lastEventId)))
      expect(await lastIdOf(route, { headers }, query)).toBe(expected === '' ? 'data:' : `data: ${expected}`)
    },
  )

  test('SSE-21 lastEventIdParam: false turns the query off', async ({ makeSse }) => {
    const route = makeSse(async (stream) => void (await stream.write(stream.lastEventId)), {
      lastEventIdParam: false,
    })
    expect(await lastIdOf(route, {}, '?lastEventId=8')).toBe('data:')
    expect(await lastIdOf(route, { headers: { 'last-event-id': '7' } }, '?lastEventId=8')).toBe('data: 7')
  })
})

describe('SSE-22 headers and options', () => {
  test('SSE-22 the headers of an event stream, with those of the user added or in their place', async ({
    makeSse,
  }) => {
    const response = makeSse(() => {}, {
      headers: [
        ['x-one', '1'],
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['cache-control', 'no-cache, no-transform, private'],
      ],
    })(new Request(eventsUrl))
    await response.body?.cancel()
    expect([...response.headers]).toEqual([
      ['cache-control', 'no-cache, no-transform, private'],
      ['content-type', 'text/event-stream; charset=utf-8'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['x-accel-buffering', 'no'],
      ['x-one', '1'],
    ])
  })

  test.for(['content-type', 'connection', 'keep-alive', 'transfer-encoding'])(
    'SSE-22 a header %s throws',
    (name, { makeSse }) => {
      expect(() => makeSse(() => {}, { headers: { [name]: 'x' } })).toThrow(
        expect.objectContaining({ code: 'invalid-value', message: expect.stringContaining(name) }),
      )
    },
  )

  test.for([
    { heartbeatMs: -1 },
    { heartbeatMs: 2 ** 31 },
    { retryMs: 0.5 },
    { maxLifetimeMs: Infinity },
    { stallMs: NaN },
    { maxConnections: -1 },
    { highWaterMarkBytes: 0 },
    { maxBufferedBytes: 0 },
    { maxEventBytes: NaN },
  ])('SSE-23 a number that would be misunderstood throws: %o', (options, { makeSse }) => {
    expect(() => makeSse(() => {}, options)).toThrow(
      expect.objectContaining({
        code: 'invalid-value',
        message: expect.stringContaining(Object.keys(options)[0] ?? ''),
      }),
    )
  })

  test('SSE-23 retryMs is said first of all, in place of the comment', async ({ makeSse }) => {
    const body = read(makeSse(() => {}, { retryMs: 250 }))
    await body.until('\n\n')
    expect(body.text()).toBe('retry: 250\n\n')
    await body.cancel()
  })
})
