import { useEventStream, type StreamEvent } from '@crux/react'
import { act, renderHook } from '@testing-library/react'
import { describe, expect, test, vi } from 'vitest'
import {
  dataOf,
  failOnWarnings,
  follow,
  scriptedFetch,
  settle,
  until,
  url,
  type Attempt,
  type Options,
} from './event-stream-kit.tsx'

failOnWarnings()

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index)

describe('SSE-42 events', () => {
  test('SSE-42 (A10) of a burst each event is heard once, in order, before a few renders keep the newest 100', async () => {
    const log: unknown[] = []
    const { send, now, views } = follow({ onEvent: ({ data, id }) => log.push([data, id]) })
    await settle()
    const before = views.length
    const heardBefore = log.length
    await send(
      numbers(1_000)
        .map((n) => `id: ${n}\ndata: {"n":${n}}\n\n`)
        .join(''),
    )
    expect(heardBefore).toBe(0)
    expect(log).toEqual(numbers(1_000).map((n) => [{ n }, String(n)]))
    expect(dataOf(now())).toEqual(numbers(100, 900).map((n) => ({ n })))
    expect(now()).toMatchObject({ data: { n: 999 }, lastEventId: '999' })
    expect(views.length - before).toBeLessThanOrEqual(2)
    // Whatever was rendered held the burst as a whole.
    expect(views.slice(before).map((view) => view.events.length)).toEqual(views.slice(before).map(() => 100))
  })

  test('SSE-42 CLI-12 a burst in many pieces is heard piece by piece and rendered once per frame', async () => {
    const heard: unknown[] = []
    const seenAt: number[] = []
    const { last, views, now } = follow({
      onEvent: ({ data }) => {
        heard.push(data)
        seenAt.push(views.length)
      },
      parse: Number,
    })
    await settle()
    const before = views.length
    await act(async () => {
      for (const n of numbers(1_000)) {
        last().send(`data: ${n}\n\n`)
        if (n % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 1))
      }
    })
    await settle()
    expect(heard).toEqual(numbers(1_000))
    expect(dataOf(now())).toEqual(numbers(100, 900))
    expect(views.length - before).toBeLessThan(50)
    // Delivery does not wait for a frame.
    expect(new Set(seenAt).size).toBeLessThan(50)
  })

  test('SSE-42 onEvent hears of an event before the render that shows it', async () => {
    const log: string[] = []
    const script = scriptedFetch((attempt) => attempt.open())
    const { unmount } = renderHook(() => {
      const { events } = useEventStream(url, {
        fetch: script.fetch,
        onEvent: ({ data }) => log.push(`heard ${String(data)}`),
      })
      log.push(`rendered ${events.length}`)
    })
    await settle()
    log.length = 0
    script.last().send('data: a\n\ndata: b\n\n')
    await settle()
    expect(log).toEqual(['heard a', 'heard b', 'rendered 2'])
    unmount()
  })

  test('SSE-42 equal neighbours are both kept', async () => {
    const { send, now } = follow()
    await send('data: a\n\ndata: a\n\n')
    await send('data: a\n\n')
    expect(dataOf(now())).toEqual(['a', 'a', 'a'])
  })

  test.each([
    [3, ['c', 'd', 'e']],
    [1, ['e']],
    [0, []],
    [0.5, []],
    [Number.NaN, []],
    [2.9, ['d', 'e']],
    [Infinity, ['a', 'b', 'c', 'd', 'e']],
  ])('SSE-42 keep %d keeps the newest, over several renders', async (keep, kept) => {
    const { send, now } = follow({ keep })
    await send('data: a\n\ndata: b\n\n')
    await send('data: c\n\ndata: d\n\ndata: e\n\n')
    expect(dataOf(now())).toEqual(kept)
    expect(now().data).toBe('e')
  })

  test('SSE-42 a throwing onEvent is reported, and the stream goes on', async () => {
    const reported = vi.fn<(error: unknown) => void>()
    vi.stubGlobal('reportError', reported)
    const mine = new Error('mine')
    const { send, now } = follow({
      onEvent() {
        throw mine
      },
    })
    await send('data: a\n\ndata: b\n\n')
    expect(reported.mock.calls).toEqual([[mine], [mine]])
    expect(now()).toMatchObject({ status: 'live', error: null, data: 'b' })
    expect(dataOf(now())).toEqual(['a', 'b'])
  })

  test('SSE-42 what did not change keeps its identity', async () => {
    const { send, now, show } = follow()
    await send('data: {"a":1}\n\n')
    const before = now()
    await show({})
    expect(now()).toBe(before)
    await send('id: 5\n\n')
    expect(now().lastEventId).toBe('5')
    expect(now().events).toBe(before.events)
    await send('data: b\n\n')
    expect(now().events[0]).toBe(before.events[0])
  })
})

describe('SSE-43 names', () => {
  const text = 'event: row\ndata: a\n\ndata: b\n\nevent: open\ndata: c\n\nevent: error\nid: 9\ndata: d\n\n'

  test('SSE-43 (A10) without events all names are delivered', async () => {
    const { send, now } = follow()
    await send(text)
    expect(now().events).toEqual([
      { event: 'row', data: 'a', id: '' },
      { event: 'message', data: 'b', id: '' },
      { event: 'open', data: 'c', id: '' },
      { event: 'error', data: 'd', id: '9' },
    ])
  })

  test('SSE-43 (A10) with events only those are, message being those without a name, and all ids count', async () => {
    const onEvent = vi.fn<(event: StreamEvent) => void>()
    const parse = vi.fn<(given: string) => string>((given) => given)
    const { send, now, attempts, end } = follow({ events: ['message', 'row'], onEvent, parse })
    await send(text)
    expect(dataOf(now())).toEqual(['a', 'b'])
    expect(now()).toMatchObject({ data: 'b', lastEventId: '9' })
    expect(onEvent.mock.calls.map(([{ event }]) => event)).toEqual(['row', 'message'])
    expect(parse.mock.calls).toHaveLength(2)
    await end()
    await until(() => expect(attempts[1]?.headers.get('last-event-id')).toBe('9'))
  })

  test('SSE-43 no names deliver nothing', async () => {
    const { send, now } = follow({ events: [] })
    await send(text)
    expect(now()).toMatchObject({ events: [], data: undefined, lastEventId: '9' })
  })
})

describe('SSE-44 parse', () => {
  test.each<[text: string, data: unknown]>([
    ['{"a":[1]}', { a: [1] }],
    ['[1]', [1]],
    ['123', '123'],
    ['true', 'true'],
    ['null', 'null'],
    ['"x"', '"x"'],
    ['{not json', '{not json'],
    ['[DONE]', '[DONE]'],
    [' {"a":1}', ' {"a":1}'],
    ['', ''],
  ])('SSE-44 by default %j becomes %j', async (text, data) => {
    const { send, now } = follow()
    // A second space, for the text may begin with one.
    await send(`data: ${text}\n\n`)
    expect(dataOf(now())).toEqual([data])
    expect(now().error).toBeNull()
  })

  test('SSE-44 parse is given the text and the message', async () => {
    const { send, now } = follow({ parse: (text, { event, id }) => `${event} ${id} ${text}` })
    await send('event: row\nid: 7\ndata: {"a":1}\n\n')
    expect(now().data).toBe('row 7 {"a":1}')
  })

  test('SSE-44 a stream of text keeps every piece as text', async () => {
    const { send, now } = follow({ parse: (text) => text })
    await send('data: [1]\n\ndata: {}\n\n')
    expect(dataOf(now())).toEqual(['[1]', '{}'])
  })

  test('SSE-44 SSE-45 a throwing parse drops the event, is an error until the next parsed event, and cuts nothing', async () => {
    const onEvent = vi.fn<(event: StreamEvent) => void>()
    const { send, now, attempts } = follow({ parse: (text) => JSON.parse(text), onEvent })
    await send('data: 1\n\nid: 2\ndata: oops\n\n')
    expect(now()).toMatchObject({ status: 'live', isError: true, data: 1, lastEventId: '2' })
    expect(now().error).toMatchObject({ name: 'SseClientError', code: 'parse-failed' })
    expect(now().error?.cause).toBeInstanceOf(SyntaxError)
    expect(dataOf(now())).toEqual([1])
    await send('data: 3\n\n')
    expect(now()).toMatchObject({ isError: false, error: null })
    expect(dataOf(now())).toEqual([1, 3])
    expect(onEvent.mock.calls.map(([{ data }]) => data)).toEqual([1, 3])
    expect(attempts).toHaveLength(1)
  })
})

describe('SSE-45 states and errors', () => {
  test('SSE-45 status, readyState and isConnected go together', async () => {
    const { now, last, attempts } = follow({}, { onAttempt: () => {} })
    const shown = () => [now().status, now().readyState, now().isConnected]
    await settle()
    expect(shown()).toEqual(['connecting', 0, false])
    last().open()
    await settle()
    expect(shown()).toEqual(['live', 1, true])
    last().end()
    await settle()
    expect(shown()).toEqual(['reconnecting', 0, false])
    await until(() => expect(attempts).toHaveLength(2))
    last().answer(204)
    await settle()
    expect(shown()).toEqual(['ended', 2, false])
  })

  test('SSE-45 idle and failed are closed', async () => {
    const { now } = follow({}, { onAttempt: (attempt) => attempt.answer(404) })
    await settle()
    expect(now()).toMatchObject({ status: 'failed', readyState: 2, isConnected: false, isError: true })
    const idle = renderHook(() => useEventStream(null))
    expect(idle.result.current).toMatchObject({ status: 'idle', readyState: 2, isError: false })
  })

  const broken: [code: string, act: (attempt: Attempt) => void, options: Options, fields: object][] = [
    ['http', (attempt) => attempt.answer(403), {}, { status: 403 }],
    ['bad-content-type', (attempt) => attempt.open({ 'content-type': 'text/html' }), {}, {}],
    ['network', (attempt) => attempt.fail(), { reconnect: false }, {}],
    ['idle-timeout', () => {}, { idleTimeoutMs: 10, reconnect: false }, {}],
    ['truncated', openAnd('data: 1\n\n'), { method: 'POST' }, {}],
    ['event-too-large', openAnd(`data: ${'x'.repeat(1_048_577)}\n\n`), {}, {}],
    [
      'stream-error',
      openAnd(
        'event: stream-error\ndata: {"code":"quota","message":"No more."}\n\nevent: end\nid: sse:end\ndata: {"reason":"error"}\n\n',
      ),
      {},
      { serverCode: 'quota', message: 'No more.' },
    ],
  ]

  function openAnd(text: string) {
    return (attempt: Attempt) => {
      attempt.open()
      attempt.send(text)
      attempt.end()
    }
  }

  test.each(broken)('SSE-45 %s', async (code, onAttempt, options, fields) => {
    const { now, attempts } = follow(options, { onAttempt })
    await until(() => expect(now().status).toBe('failed'))
    expect(now().error).toMatchObject({ code, ...fields })
    expect(now().isError).toBe(true)
    expect(attempts).toHaveLength(1)
  })

  test('SSE-45 the next opening clears an error, and a parse error too', async () => {
    const { now, attempts, last, send } = follow(
      { parse: (text) => JSON.parse(text) },
      { onAttempt: () => {} },
    )
    await settle()
    last().fail()
    await settle()
    expect(now().error?.code).toBe('network')
    await until(() => expect(attempts).toHaveLength(2))
    last().open()
    await settle()
    expect(now().error).toBeNull()
    await send('data: oops\n\n')
    expect(now().error?.code).toBe('parse-failed')
    last().end()
    await settle()
    expect(now()).toMatchObject({ status: 'reconnecting', error: { code: 'parse-failed' } })
    await until(() => expect(attempts).toHaveLength(3))
    last().open()
    await settle()
    expect(now()).toMatchObject({ status: 'live', error: null })
  })

  test('SSE-45 what the connection says last hides an older parse error, and stays when an event is parsed', async () => {
    const { now, send } = follow({ parse: (text) => JSON.parse(text) })
    await send('data: oops\n\n')
    await send('event: stream-error\ndata: {"code":"c"}\n\n')
    expect(now().error).toMatchObject({ code: 'stream-error', serverCode: 'c' })
    await send('data: oops\n\n')
    expect(now().error?.code).toBe('parse-failed')
    await send('data: 1\n\n')
    expect(now().error).toMatchObject({ code: 'stream-error', serverCode: 'c' })
  })

  test('SSE-45 a reconnect without an error shows none', async () => {
    const { views, now, end, attempts } = follow()
    await settle()
    await end()
    await until(() => expect(attempts).toHaveLength(2))
    await settle()
    expect(now().status).toBe('live')
    expect(views.map(({ error }) => error)).toEqual(views.map(() => null))
  })
})

describe('SSE-38 the end', () => {
  test('SSE-38 (A10) until stops on the last event of a foreign server, which is delivered', async () => {
    const { send, now, attempts } = follow({ until: ['complete'] })
    await send('data: {"n":1}\n\nevent: complete\ndata: {"n":2}\n\ndata: {"n":3}\n\n')
    expect(now()).toMatchObject({ status: 'ended', readyState: 2, error: null, data: { n: 2 } })
    expect(dataOf(now())).toEqual([{ n: 1 }, { n: 2 }])
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(attempts).toHaveLength(1)
    expect(attempts[0]?.isAborted()).toBe(true)
  })

  test('SSE-38 SSE-43 it stops also where events leave it out', async () => {
    const { send, now } = follow({ until: ['complete'], events: ['message'] })
    await send('data: a\n\nevent: complete\ndata: b\n\n')
    expect(now()).toMatchObject({ status: 'ended', data: 'a' })
  })
})
