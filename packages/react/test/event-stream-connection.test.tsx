import { useEventStream, type EventStreamHook, type StreamEvent } from '@crux/react'
import { act, render, renderHook } from '@testing-library/react'
import * as react from 'react'
import { StrictMode } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { describe, expect, test, vi } from 'vitest'
import {
  backoff,
  dataOf,
  failOnWarnings,
  follow,
  scriptedFetch,
  settle,
  until,
  url,
  type Options,
} from './event-stream-kit.tsx'

failOnWarnings()

describe('SSE-46 closing and beginning anew', () => {
  test('SSE-46 close() is idle at once and final, and keeps what was there', async () => {
    const { send, now, attempts, show, views } = follow()
    await send('id: 1\ndata: a\n\n')
    act(() => now().close())
    expect(now()).toMatchObject({ status: 'idle', data: 'a', lastEventId: '1', error: null })
    expect(attempts[0]?.isAborted()).toBe(true)
    await show({ events: ['x'] })
    const renders = views.length
    act(() => now().close())
    await settle()
    expect(attempts).toHaveLength(1)
    expect(views).toHaveLength(renders)
  })

  test('SSE-46 close() in onEvent is the last that is heard, and what is ended stays ended', async () => {
    const heard: unknown[] = []
    const hook = follow({
      onEvent: ({ data }) => {
        heard.push(data)
        hook.now().close()
      },
    })
    await hook.send('data: a\n\ndata: b\n\n')
    expect(heard).toEqual(['a'])
    expect(hook.now()).toMatchObject({ status: 'idle', data: 'a' })
    const ended = follow({}, { onAttempt: (attempt) => attempt.answer(204) })
    await settle()
    act(() => ended.now().close())
    expect(ended.now().status).toBe('ended')
  })

  test('SSE-46 another key opens what was closed', async () => {
    const { now, attempts, show } = follow()
    await settle()
    act(() => now().close())
    await show({}, `${url}/2`)
    expect(now().status).toBe('live')
    expect(attempts.map((attempt) => attempt.url)).toEqual([url, `${url}/2`])
  })

  test('SSE-46 reset() forgets everything, at once, and connects from the start', async () => {
    const { send, now, attempts } = follow({ parse: (text) => JSON.parse(text) })
    await send('id: 1\ndata: 1\n\ndata: oops\n\n')
    expect(now().isError).toBe(true)
    act(() => now().reset())
    expect(now()).toMatchObject({
      data: undefined,
      events: [],
      error: null,
      lastEventId: '',
      status: 'connecting',
    })
    await settle()
    expect(now().status).toBe('live')
    expect(attempts).toHaveLength(2)
    expect(attempts[0]?.isAborted()).toBe(true)
    expect(attempts[1]?.headers.has('last-event-id')).toBe(false)
    await send('data: 2\n\n')
    expect(dataOf(now())).toEqual([2])
  })

  test('SSE-46 reset() opens what was closed, has ended or has failed; with lastEventId from there', async () => {
    const answers = [204, 404, 200, 200]
    const { now, attempts } = follow(
      { lastEventId: '5' },
      {
        onAttempt: (attempt) => {
          const status = answers.shift() ?? 500
          if (status === 200) attempt.open()
          else attempt.answer(status)
        },
      },
    )
    for (const status of ['ended', 'failed', 'live']) {
      await settle()
      expect(now()).toMatchObject({ status, lastEventId: '5' })
      act(() => now().reset())
    }
    act(() => now().close())
    expect(now().status).toBe('idle')
    act(() => now().reset())
    expect(now().status).toBe('connecting')
    await settle()
    // The one that was closed at once sent nothing.
    expect(attempts).toHaveLength(4)
    expect(attempts.map(({ headers }) => headers.get('last-event-id'))).toEqual(attempts.map(() => '5'))
  })

  test('SSE-46 reset() in onEvent leaves nothing of the old connection', async () => {
    const hook = follow({ onEvent: ({ data }) => data === 'a' && hook.now().reset() })
    await hook.send('id: 1\ndata: a\n\ndata: b\n\n')
    expect(hook.attempts).toHaveLength(2)
    expect(hook.now()).toMatchObject({ status: 'live', events: [], data: undefined, lastEventId: '' })
    await hook.send('data: c\n\n')
    expect(dataOf(hook.now())).toEqual(['c'])
  })

  test('SSE-46 an aborted signal closes; aborted at mount, nothing is fetched', async () => {
    const abort = new AbortController()
    const { now, attempts, send } = follow({ signal: abort.signal })
    await send('data: a\n\n')
    await act(async () => abort.abort())
    await settle()
    expect(now()).toMatchObject({ status: 'idle', data: 'a' })
    expect(attempts[0]?.isAborted()).toBe(true)
    const late = follow({ signal: abort.signal })
    expect(late.now().status).toBe('idle')
    await settle()
    act(() => late.now().reset())
    await settle()
    expect(late.now().status).toBe('idle')
    expect(late.attempts).toHaveLength(0)
  })

  test('SSE-46 a null URL is idle, whatever is called', async () => {
    const { now, attempts, show } = follow()
    await settle()
    await show({}, null)
    expect(now()).toMatchObject({ status: 'idle', data: undefined })
    expect(attempts[0]?.isAborted()).toBe(true)
    act(() => {
      now().close()
      now().reset()
    })
    await settle()
    expect(now().status).toBe('idle')
    expect(attempts).toHaveLength(1)
  })

  test('SSE-46 the last id and the events are kept across all reconnects', async () => {
    const { attempts, now } = follow(
      {},
      {
        onAttempt: (attempt) => {
          attempt.open()
          if (attempts.length === 1) attempt.send('id: 1\ndata: a\n\n')
          if (attempts.length === 3) attempt.send('data: b\n\n')
          if (attempts.length < 4) attempt.end()
        },
      },
    )
    await until(() => expect(attempts).toHaveLength(4))
    await settle()
    expect(attempts.map(({ headers }) => headers.get('last-event-id'))).toEqual([null, '1', '1', '1'])
    expect(now().events).toEqual([
      { event: 'message', data: 'a', id: '1' },
      { event: 'message', data: 'b', id: '1' },
    ])
  })
})

describe('SSE-47 what a connection is', () => {
  const form = () => {
    const data = new FormData()
    data.set('n', String(Math.random()))
    return data
  }
  const same: [name: string, one: [string | URL, Options], other: [string | URL, Options]][] = [
    ['a URL and its text', [url, {}], [new URL(url), {}]],
    ['a fragment', [`${url}#a`, {}], [`${url}#b`, {}]],
    ['a query here and there', [`${url}?a=1`, {}], [url, { query: { a: 1, b: null } }]],
    ['an equal query', [url, { query: { a: 1 } }], [url, { query: new URLSearchParams('a=1') }]],
    ['the case of a method', [url, { method: 'get' }], [url, {}]],
    ['an equal object', [url, { body: { a: [1] } }], [url, { body: { a: [1] } }]],
    ['an equal text', [url, { body: 'a' }], [url, { body: 'a' }]],
    ['a body of the same type', [url, { body: form() }], [url, { body: form() }]],
    ['other headers', [url, { headers: { a: '1' } }], [url, { headers: { a: '2' } }]],
    [
      'other options of all kinds',
      [
        url,
        { until: ['a'], backoff: { baseMs: 1 }, idleTimeoutMs: 0, onOpen: () => {}, keep: 1, events: ['a'] },
      ],
      [
        url,
        { until: ['b'], backoff: { baseMs: 2 }, idleTimeoutMs: 9_000, lastEventId: '9', credentials: 'omit' },
      ],
    ],
  ]
  test.each(same)('SSE-47 (A10) %s is the same connection', async (_name, [one, first], [other, second]) => {
    const { attempts, send, show, now } = follow(first, { at: one })
    await send('event: a\ndata: x\n\n')
    await show(second, other)
    expect(attempts).toHaveLength(1)
    expect(now()).toMatchObject({ data: 'x' })
  })

  const others: [name: string, one: Options, other: Options, to?: string][] = [
    ['another URL', {}, {}, `${url}/2`],
    ['another query', { query: { a: 1 } }, { query: { a: 2 } }],
    ['another method', {}, { method: 'DELETE' }],
    ['a body', {}, { body: 'a' }],
    ['another text', { body: 'a' }, { body: 'b' }],
    ['another object', { body: { a: 1 } }, { body: { a: 2 } }],
    ['an array', { body: {} }, { body: [] }],
    ['text that looks like the JSON', { body: { a: 1 } }, { body: '{"a":1}' }],
    ['text that looks like a type', { body: form() }, { body: Object.prototype.toString.call(form()) }],
    ['a body of another type', { body: form() }, { body: new URLSearchParams('a=1') }],
  ]
  test.each(others)(
    'SSE-47 (A10) %s is another connection, which begins empty',
    async (_name, one, other, to) => {
      const { attempts, pages, send, show, now } = follow(one)
      await send('id: 7\ndata: x\n\n')
      const before = pages.length
      await show(other, to)
      expect(attempts).toHaveLength(2)
      expect(attempts[0]?.isAborted()).toBe(true)
      expect(attempts[1]?.headers.has('last-event-id')).toBe(false)
      expect(now()).toMatchObject({ status: 'live', data: undefined, events: [], lastEventId: '' })
      // What the other one brought is never on the page with this one.
      expect(pages.slice(before).map(({ data }) => data)).toEqual(pages.slice(before).map(() => undefined))
      expect(pages.slice(before).map(({ status }) => status)).toEqual(['connecting', 'live'])
    },
  )

  test('SSE-47 inline options, anew with each render, make one request', async () => {
    let renders = 0
    const script = scriptedFetch((attempt) => attempt.open())
    const { rerender, result, unmount } = renderHook(() => {
      renders += 1
      return useEventStream(new URL(url), {
        fetch: (input, init) => script.fetch(input, init),
        events: ['message'],
        query: { a: 1, b: undefined },
        headers: () => ({ render: String(renders) }),
        body: { list: [{ a: 1 }] },
        until: ['complete'],
        backoff: { baseMs: 1 },
        parse: (text) => ({ text }),
        onEvent: () => {},
      })
    })
    for (let n = 0; n < 5; n++) {
      rerender()
      await settle()
    }
    script.last().send('data: x\n\n')
    await settle()
    expect(result.current.data).toEqual({ text: 'x' })
    expect(script.attempts).toHaveLength(1)
    expect(renders).toBeGreaterThan(6)
    unmount()
  })

  test('SSE-47 an object is sent as JSON and says so, unless the headers say otherwise', async () => {
    const { attempts, show } = follow({ body: { a: [1, null] } })
    await settle()
    await show({ body: [1], headers: { 'Content-Type': 'application/vnd.x+json' } })
    await show({ body: Object.create(null) })
    await show({ body: 'plain' })
    await show({ body: new URLSearchParams('a=1') })
    const sent = attempts.map(({ init, headers }) => [init.method, init.body, headers.get('content-type')])
    expect(sent).toEqual([
      ['POST', '{"a":[1,null]}', 'application/json'],
      ['POST', '[1]', 'application/vnd.x+json'],
      ['POST', '{}', 'application/json'],
      ['POST', 'plain', null],
      ['POST', new URLSearchParams('a=1'), null],
    ])
  })

  test('SSE-47 a POST is not repeated by itself; reset() sends it again, a body of any type as it is by then', async () => {
    const { attempts, show, now } = follow(
      { body: new URLSearchParams('a=1') },
      {
        onAttempt: (attempt) => {
          attempt.open()
          attempt.send('data: x\n\n')
          attempt.end()
        },
      },
    )
    await settle()
    expect(now()).toMatchObject({ status: 'failed', error: { code: 'truncated' }, data: 'x' })
    await show({ body: new URLSearchParams('a=2') })
    expect(attempts).toHaveLength(1)
    act(() => now().reset())
    await settle()
    expect(attempts.map(({ init }) => init.body)).toEqual([
      new URLSearchParams('a=1'),
      new URLSearchParams('a=2'),
    ])
  })

  test.each([
    ['https://example.test/a/?x=1&y=2#part', { y: 3, z: 'é' }, 'https://example.test/a/?x=1&y=3&z=%C3%A9'],
    ['https://example.test/a//b', { x: true }, 'https://example.test/a//b?x=true'],
    ['https://example.test', { x: 1 }, 'https://example.test/?x=1'],
    ['https://example.test/a?signed=b%20c', {}, 'https://example.test/a?signed=b%20c'],
  ])('SSE-47 %s with %j is %s', async (at, query, asked) => {
    const { attempts } = follow({ query }, { at })
    await settle()
    expect(attempts[0]?.url).toBe(asked)
  })

  test('SSE-47 headers, onEvent, onOpen, parse, events and keep are the latest', async () => {
    const { attempts, last, show, send, now } = follow({ headers: { token: 'old' } })
    await send('data: a\n\n')
    const onEvent = vi.fn<(event: StreamEvent) => void>()
    const onOpen = vi.fn<(response: Response) => void>()
    const latest = { headers: async () => ({ token: 'new' }), onEvent, onOpen, keep: 2 }
    await show({ ...latest, parse: (text) => `parsed ${text}`, events: ['row'] })
    await send('data: b\n\nevent: row\ndata: c\n\nevent: row\ndata: d\n\n')
    expect(dataOf(now())).toEqual(['parsed c', 'parsed d'])
    expect(onEvent.mock.calls.map(([{ data }]) => data)).toEqual(['parsed c', 'parsed d'])
    // At once, and not with the next event.
    await show({ ...latest, keep: 1 })
    expect(dataOf(now())).toEqual(['parsed d'])
    last().end()
    await until(() => expect(attempts).toHaveLength(2))
    await settle()
    expect(attempts.map(({ headers }) => headers.get('token'))).toEqual(['old', 'new'])
    expect(onOpen.mock.calls).toHaveLength(1)
  })

  test('SSE-47 other options are read when a connection begins', async () => {
    const { attempts, show, send, now } = follow({ until: ['one'], credentials: 'omit' })
    await settle()
    await show({ until: ['two'], credentials: 'include', lastEventIdIn: 'query', lastEventId: '5' })
    await send('event: two\ndata: x\n\n')
    expect(now().status).toBe('live')
    act(() => now().reset())
    await send('event: two\ndata: x\n\n')
    expect(now().status).toBe('ended')
    expect(attempts.map(({ init, url: asked }) => [init.credentials, asked])).toEqual([
      ['omit', url],
      ['include', `${url}?lastEventId=5`],
    ])
  })

  test('a body that cannot be JSON throws', () => {
    vi.mocked(console.error).mockImplementation(() => {})
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    expect(() => renderHook(() => useEventStream(url, { body: cycle }))).toThrow(TypeError)
    vi.mocked(console.error).mockClear()
  })
})

describe('SSE-48 when it is fetched', () => {
  function Page({
    to = url,
    fetch,
  }: {
    readonly to?: string | null
    readonly fetch: typeof globalThis.fetch
  }) {
    const { status, readyState, data, events, lastEventId } = useEventStream(to, {
      fetch,
      lastEventId: '3',
      backoff,
    })
    return <p>{JSON.stringify([status, readyState, data, events, lastEventId])}</p>
  }

  test('SSE-48 (A10) a server renders connecting, or idle, and asks for nothing', async () => {
    const { fetch, attempts } = scriptedFetch()
    expect(renderToString(<Page fetch={fetch} />)).toContain('connecting')
    expect(renderToString(<Page to={null} fetch={fetch} />)).toContain('idle')
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(attempts).toHaveLength(0)
  })

  test.each([url, null])(
    'SSE-48 (A10) the browser agrees with the server (%s), then connects once',
    async (to) => {
      const { fetch, attempts } = scriptedFetch((attempt) => {
        attempt.open()
        attempt.send('data: x\n\n')
      })
      const page = (
        <StrictMode>
          <Page to={to} fetch={fetch} />
        </StrictMode>
      )
      const container = document.createElement('div')
      container.innerHTML = renderToString(page)
      const atFirst = container.textContent
      const root = await act(async () => hydrateRoot(container, page))
      await settle()
      expect(atFirst).toBe(
        JSON.stringify(to ? ['connecting', 0, undefined, [], '3'] : ['idle', 2, undefined, [], '3']),
      )
      expect(attempts).toHaveLength(to ? 1 : 0)
      expect(container.textContent).toContain(to ? '"live",1,"x"' : 'idle')
      act(() => root.unmount())
      expect(attempts[0]?.isAborted()).toBe(to ? true : undefined)
    },
  )

  test('SSE-48 (A10) StrictMode leaves one connection and sends one request', async () => {
    const headers = vi.fn<() => HeadersInit>(() => ({}))
    const { attempts, send, now } = follow({ headers }, { wrapper: StrictMode })
    await send('data: a\n\n')
    expect(attempts).toHaveLength(1)
    expect(headers.mock.calls).toHaveLength(1)
    expect(dataOf(now())).toEqual(['a'])
  })

  test('SSE-48 unmount aborts, and nothing is heard or rendered after it', async () => {
    const onEvent = vi.fn<(event: StreamEvent) => void>()
    const { last, attempts, unmount, views, now } = follow({ onEvent })
    await settle()
    const { reset, close } = now()
    const renders = views.length
    last().send('data: a\n\n')
    unmount()
    expect(attempts[0]?.isAborted()).toBe(true)
    reset()
    await settle()
    close()
    expect(onEvent.mock.calls).toHaveLength(0)
    expect(views).toHaveLength(renders)
    expect(attempts).toHaveLength(1)
  })

  test('SSE-48 unmount leaves no timer behind, not that of a frame either', async () => {
    const { last, unmount } = follow()
    await settle()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    vi.stubGlobal('requestAnimationFrame', () => 0)
    await act(async () => last().send('data: a\n\n'))
    const before = vi.getTimerCount()
    unmount()
    const after = vi.getTimerCount()
    vi.useRealTimers()
    expect([before, after]).toEqual([1, 0])
  })

  test('SSE-48 an unmount in onEvent ends the delivery', async () => {
    const heard: unknown[] = []
    const hook = follow({
      onEvent: ({ data }) => {
        heard.push(data)
        hook.unmount()
      },
    })
    await hook.send('data: a\n\ndata: b\n\n')
    expect(heard).toEqual(['a'])
  })

  // React 18 has none.
  const { Activity }: Partial<typeof react> = react
  test.skipIf(!Activity)('SSE-48 what was hidden and is shown again goes on after the last id', async () => {
    if (!Activity) return
    const script = scriptedFetch((attempt) => attempt.open())
    const options = { fetch: script.fetch, backoff }
    let hook: EventStreamHook | undefined
    function Hidden() {
      hook = useEventStream(url, options)
      return null
    }
    const page = (mode: 'visible' | 'hidden') => (
      <Activity mode={mode}>
        <Hidden />
      </Activity>
    )
    const { rerender, unmount } = render(page('visible'))
    await settle()
    script.last().send('id: 7\ndata: a\n\n')
    await settle()
    rerender(page('hidden'))
    await settle()
    expect(script.attempts[0]?.isAborted()).toBe(true)
    rerender(page('visible'))
    await settle()
    expect(script.attempts.map(({ headers }) => headers.get('last-event-id'))).toEqual([null, '7'])
    expect(hook).toMatchObject({ status: 'live', data: 'a', lastEventId: '7' })
    act(() => hook?.close())
    rerender(page('hidden'))
    rerender(page('visible'))
    await settle()
    expect(hook?.status).toBe('idle')
    expect(script.attempts).toHaveLength(2)
    unmount()
  })

  test('SSE-48 unmounted before its microtask, it asks for nothing', async () => {
    const { attempts, unmount } = follow()
    unmount()
    await settle()
    expect(attempts).toHaveLength(0)
  })
})
