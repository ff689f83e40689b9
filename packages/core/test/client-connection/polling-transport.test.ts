import { createPollingTransport } from '@crux/core/client'
import { describe, expect, onTestFinished, vi } from 'vitest'
import { status, test, type Answer } from './events-server.ts'
import { recordingSink } from './recording-sink.ts'

const part = (key: string, revision = 1) => ({
  entity: 'plan',
  key,
  value: { title: key },
  event: 'updated',
  revision,
})

const json =
  (body: unknown): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }

const answer = (fields: object) =>
  json({ cursor: 'e.1', reset: false, changes: [], retryAfterMs: 1, ...fields })
const snapshot = (...keys: string[]) => answer({ reset: true, changes: keys.map((key) => part(key)) })
/** Stops a client for good. */
const over = status(204)

/** Connects to a URL and keeps what the sink was told. */
function connect(url: string, options: Parameters<typeof createPollingTransport>[1] = {}) {
  const transport = createPollingTransport(url, {
    intervalMs: 1,
    backoff: { baseMs: 1, maxMs: 5 },
    ...options,
  })
  const record = recordingSink()
  const undo = transport.connect(record.sink)
  onTestFinished(undo)
  return { ...record, undo, retry: () => transport.retry?.(record.sink) }
}

const untilStatus = (record: { status: () => unknown }, wanted: string) =>
  vi.waitFor(() => expect(record.status()).toBe(wanted), { timeout: 10_000 })

describe('CLI-6 polls', () => {
  test('CLI-1 CLI-6 constructing it parses no URL, fetches nothing and starts no timer', () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const fetch = vi.fn<typeof globalThis.fetch>()
    expect(createPollingTransport('http://[not a url', { fetch }).kind).toBe('polling')
    expect(vi.getTimerCount()).toBe(0)
    expect(fetch.mock.calls).toHaveLength(0)
  })

  test('CLI-6 each asks for what came after the last, and is applied as one batch', async ({ serve }) => {
    const { url, requests } = await serve(
      snapshot('a', 'b'),
      answer({}),
      answer({ cursor: 'e.3', changes: [part('a', 2), part('c')] }),
      over,
    )
    const record = connect(`${url}?room=7`, { query: { view: 'all' } })
    await untilStatus(record, 'ended')
    expect(requests.map((request) => request.url)).toEqual([
      '/events?room=7&view=all',
      '/events?room=7&view=all&after=e.1',
      '/events?room=7&view=all&after=e.1',
      '/events?room=7&view=all&after=e.3',
    ])
    expect(requests.map(({ headers }) => headers.accept)).toEqual(Array(4).fill('application/json'))
    expect(record.calls).toEqual([
      ['status', 'connecting'],
      ['reset'],
      ['apply', 'a@1', 'b@1'],
      ['ready'],
      ['status', 'live'],
      ['apply', 'a@2', 'c@1'],
      ['status', 'ended'],
    ])
  })

  test('CLI-6 with waitMs each poll is held by the server, for 25 s at most', async ({ serve }) => {
    const { url, requests } = await serve(snapshot('a'), over)
    await untilStatus(connect(url, { waitMs: 60_000, intervalMs: 10 ** 9 }), 'ended')
    expect(requests.map((request) => request.url)).toEqual([
      '/events?wait=25000',
      '/events?after=e.1&wait=25000',
    ])
  })

  test('CLI-6 CLI-1 each connect starts without a cursor, and two sinks do not share one', async ({
    serve,
  }) => {
    const { url, requests } = await serve(snapshot('a'))
    const transport = createPollingTransport(url, { intervalMs: 10 ** 9 })
    const [one, two] = [recordingSink(), recordingSink()]
    const undoOne = transport.connect(one.sink)
    await untilStatus(one, 'live')
    const undoTwo = transport.connect(two.sink)
    await untilStatus(two, 'live')
    undoOne()
    const undoThree = transport.connect(one.sink)
    await vi.waitFor(() => expect(requests).toHaveLength(3))
    undoTwo()
    undoThree()
    undoThree()
    expect(requests.map((request) => request.url)).toEqual(['/events', '/events', '/events'])
  })

  test('CLI-6 a reset later on replaces what there was, and is ready again', async ({ serve }) => {
    const { url, requests } = await serve(
      snapshot('a', 'b'),
      answer({ reset: true, cursor: 'f.1', changes: [part('c')] }),
      over,
    )
    const record = connect(url)
    await untilStatus(record, 'ended')
    expect([...record.entities().keys()]).toEqual(['c'])
    expect(record.calls.filter(([what]) => what === 'reset' || what === 'ready')).toEqual([
      ['reset'],
      ['ready'],
      ['reset'],
      ['ready'],
    ])
    expect(requests.at(-1)?.url).toBe('/events?after=f.1')
  })

  test('CLI-6 CLI-1 after the undo nothing is delivered and the socket of a held poll is free', async ({
    serve,
  }) => {
    const server = await serve(snapshot('a'), () => {})
    const record = connect(server.url, { waitMs: 25_000 })
    await vi.waitFor(() => expect(server.requests).toHaveLength(2))
    const before = record.calls.length
    record.undo()
    record.undo()
    record.retry()
    await vi.waitFor(async () => expect(await server.openSockets()).toBe(0))
    expect(record.calls).toHaveLength(before)
    expect(server.requests).toHaveLength(2)
  })

  test('CLI-6 CLI-1 retry() ends a wait, keeps the cursor, and starts again what has ended', async ({
    serve,
  }) => {
    const { url, requests } = await serve(snapshot('a'), over, answer({ cursor: 'e.2' }))
    const record = connect(url, { intervalMs: 10 ** 9 })
    await untilStatus(record, 'live')
    record.retry()
    await untilStatus(record, 'ended')
    record.retry()
    expect(record.status()).toBe('connecting')
    await untilStatus(record, 'live')
    expect(requests.map((request) => request.url)).toEqual([
      '/events',
      '/events?after=e.1',
      '/events?after=e.1',
    ])
  })
})

describe('CLI-6 CLI-2 answers', () => {
  test.for([401, 403, 404, 405, 410])('CLI-6 CLI-2 status %i is failed', async (code, { serve }) => {
    const { url } = await serve(status(code))
    const record = connect(url)
    await untilStatus(record, 'failed')
    expect(record.calls).toEqual([
      ['status', 'connecting'],
      ['status', 'failed', 'http'],
    ])
  })

  test.for([
    ['of a page', { 'content-type': 'text/html' }],
    ['of an event stream', { 'content-type': 'text/event-stream' }],
    ['of nothing', {}],
  ] as const)('CLI-6 CLI-2 the media type %s is failed', async ([, headers], { serve }) => {
    const record = connect((await serve(status(200, headers))).url)
    await untilStatus(record, 'failed')
    expect(record.calls.at(-1)).toEqual(['status', 'failed', 'bad-content-type'])
  })

  test('CLI-6 CLI-2 with a headers function a 401 is tried once more with its new result', async ({
    serve,
  }) => {
    const { url, requests } = await serve(snapshot('a'), status(401), answer({}), status(401), status(401))
    let count = 0
    const record = connect(url, { headers: async () => ({ authorization: `Bearer ${++count}` }) })
    await untilStatus(record, 'failed')
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(
      [1, 2, 3, 4, 5].map((each) => `Bearer ${each}`),
    )
    expect(record.calls.slice(-2)).toEqual([
      ['status', 'live'],
      ['status', 'failed', 'http'],
    ])
  })

  test('CLI-6 CLI-2 a headers function that throws is a network failure', async ({ serve }) => {
    const { url } = await serve(snapshot('a'))
    let count = 0
    const record = connect(url, {
      headers() {
        if (count++ === 0) throw new Error('no token')
        return {}
      },
    })
    await untilStatus(record, 'live')
    expect(record.calls[1]).toEqual(['status', 'reconnecting', 'network'])
  })

  const cut: Answer = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
    response.write('{"cursor":"e.9","reset":false,"chan', () => response.destroy())
  }

  test.for([
    ['503', 'http', status(503)],
    ['a cut before the answer', 'network', (_request, response) => void response.destroy()],
    ['a cut inside the answer', 'network', cut],
    ['what is no JSON', 'network', json('<html>')],
    ['half of it', 'network', json('{"cursor":"e.9","reset":false,"changes":[')],
    ['null', 'network', json(null)],
    ['other JSON', 'network', json({ status: 'ok' })],
    ['a poll without a cursor', 'network', answer({ cursor: '' })],
    ['changes that are no array', 'network', answer({ changes: { length: 1 } })],
  ] as const satisfies [string, string, Answer][])(
    'CLI-6 CLI-3 after %s it is tried again from where it was, and ready again',
    async ([, code, fault], { serve }) => {
      const { url, requests } = await serve(snapshot('a'), fault, answer({ changes: [part('b')] }), over)
      const record = connect(url)
      await untilStatus(record, 'ended')
      expect(requests.map((request) => request.url).slice(1)).toEqual(Array(3).fill('/events?after=e.1'))
      expect(record.calls.slice(5)).toEqual([
        ['status', 'reconnecting', code],
        ['apply', 'b@1'],
        ['ready'],
        ['status', 'live'],
        ['status', 'ended'],
      ])
    },
  )

  test('CLI-13 what is no part reaches the sink to be counted, and nothing else is lost', async ({
    serve,
  }) => {
    const changes = [part('a'), null, 7, [], { entity: 'plan' }, part('b')]
    const { url } = await serve(answer({ reset: true, changes }), over)
    const record = connect(url)
    await untilStatus(record, 'ended')
    expect([...record.entities().keys()]).toEqual(['a', 'b'])
    expect(record.odd()).toBe(4)
  })
})
