import { createSSETransport } from '@crux/core/client'
import { describe, expect, onTestFinished, vi } from 'vitest'
import { events, status, test, type Answer } from './events-server.ts'
import { liveScript } from './live-script.ts'
import { recordingSink } from './recording-sink.ts'

const backoff = { baseMs: 1, maxMs: 5 }

const sync = (phase: string, id?: string) =>
  `event: crux-sync\n${id === undefined ? '' : `id: ${id}\n`}data: {"phase":"${phase}","heartbeatMs":15000}\n\n`

const part = (key: string, revision?: number, id?: string) =>
  `event: data-crux\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify({
    entity: 'plan',
    key,
    value: { title: key },
    event: 'updated',
    revision,
  })}\n\n`

const gone = 'event: crux-end\nid: sse:end\ndata: {"reason":"gone","reconnect":false}\n\n'

/** Connects to a URL and keeps what the sink was told. */
function connect(url: string, options: Parameters<typeof createSSETransport>[1] = {}) {
  const transport = createSSETransport(url, { backoff, ...options })
  const record = recordingSink()
  const undo = transport.connect(record.sink)
  onTestFinished(undo)
  return { ...record, undo, retry: () => transport.retry?.(record.sink) }
}

const untilStatus = (record: { status: () => unknown }, wanted: string) =>
  vi.waitFor(() => expect(record.status()).toBe(wanted))

const lastIds = (requests: readonly { headers: Record<string, unknown> }[]) =>
  requests.map(({ headers }) => headers['last-event-id'])

describe('CLI-1 the transport', () => {
  test('CLI-1 constructing it parses no URL, fetches nothing and starts no timer', () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const fetch = vi.fn<typeof globalThis.fetch>()
    expect(createSSETransport('http://[not a url', { fetch, idleTimeoutMs: 1_000 }).kind).toBe('sse')
    expect(vi.getTimerCount()).toBe(0)
    expect(fetch.mock.calls).toHaveLength(0)
  })

  test('CLI-1 headers may be an async function, called at each connect', async ({ serve }) => {
    const { url, requests } = await serve(events(''), events(gone))
    let count = 0
    const record = connect(url, {
      headers: async () => ({ authorization: `Bearer ${++count}` }),
      query: { room: 7 },
    })
    await untilStatus(record, 'ended')
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer 1', 'Bearer 2'])
    expect(requests.map((request) => request.url)).toEqual(['/events?room=7', '/events?room=7'])
  })

  test('CLI-1 the cursor is a header where there is no page, and to the page its own origin', async ({
    serve,
  }) => {
    const { url, requests } = await serve(events(sync('ready', 'e.1')), events(gone))
    await untilStatus(connect(url), 'ended')
    expect(lastIds(requests)).toEqual([undefined, 'e.1'])
    const own = await serve(events(sync('ready', 'e.1')), events(gone))
    vi.stubGlobal('location', new URL(`${new URL(own.url).origin}/page`))
    onTestFinished(() => void vi.unstubAllGlobals())
    await untilStatus(connect(own.url), 'ended')
    expect(lastIds(own.requests)).toEqual([undefined, 'e.1'])
  })

  test('CLI-1 to another origin it goes in the query, because the header would cost a preflight', async ({
    serve,
  }) => {
    vi.stubGlobal('location', new URL('https://app.example.test/page'))
    onTestFinished(() => void vi.unstubAllGlobals())
    const { url, requests } = await serve(events(sync('ready', 'e.1')), events(gone))
    await untilStatus(connect(`${url}?a=b`), 'ended')
    expect(lastIds(requests)).toEqual([undefined, undefined])
    expect(requests.map((request) => request.url)).toEqual(['/events?a=b', '/events?a=b&lastEventId=e.1'])
  })

  test('CLI-1 each connect starts without a cursor, and two sinks do not share one', async ({ serve }) => {
    const { url, requests } = await serve(events(sync('ready', 'e.1'), { open: true }))
    const transport = createSSETransport(url)
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
    expect(lastIds(requests)).toEqual([undefined, undefined, undefined])
  })

  test('CLI-1 crux-end without reconnect is ended; with it, the client comes back from its cursor', async ({
    serve,
  }) => {
    const { url, requests } = await serve(
      events(`${sync('ready', 'e.1')}event: crux-end\ndata: {"reason":"expired","reconnect":true}\n\n`, {
        open: true,
      }),
      events(`${sync('ready', 'e.1')}event: crux-end\ndata: {"reason":"closed","reconnect":false}\n\n`, {
        open: true,
      }),
    )
    const record = connect(url)
    await untilStatus(record, 'ended')
    expect(lastIds(requests)).toEqual([undefined, 'e.1'])
    expect(record.calls).toEqual([
      ['status', 'connecting'],
      ['ready'],
      ['status', 'live'],
      ['status', 'reconnecting'],
      ['ready'],
      ['status', 'live'],
      ['status', 'ended'],
    ])
  })

  test('CLI-1 after the undo nothing is delivered and the socket is free', async ({ serve }) => {
    const server = await serve(events(sync('reset') + sync('ready', 'e.1'), { open: true }))
    const record = connect(server.url)
    await untilStatus(record, 'live')
    const before = record.calls.length
    record.undo()
    record.undo()
    record.retry()
    await vi.waitFor(async () => expect(await server.openSockets()).toBe(0))
    expect(record.calls).toHaveLength(before)
    expect(server.requests).toHaveLength(1)
  })

  test('CLI-1 an undo before the request has left sends none', async ({ serve }) => {
    const { url, requests } = await serve(events(gone))
    connect(url).undo()
    await untilStatus(connect(url), 'ended')
    expect(requests).toHaveLength(1)
  })

  test('CLI-1 retry() keeps the cursor, ends a wait, and starts again what has ended', async ({ serve }) => {
    const { url, requests } = await serve(
      events(sync('ready', 'e.5')),
      events(sync('ready', 'e.6') + gone),
      events(sync('ready', 'e.7'), { open: true }),
    )
    const record = connect(url, { backoff: { baseMs: 10 ** 9, maxMs: 10 ** 9 } })
    await untilStatus(record, 'reconnecting')
    record.retry()
    await untilStatus(record, 'ended')
    record.retry()
    expect(record.status()).toBe('connecting')
    await untilStatus(record, 'live')
    record.retry()
    expect(lastIds(requests)).toEqual([undefined, 'e.5', 'e.6'])
    expect(record.status()).toBe('live')
  })
})

describe('CLI-2 answers', () => {
  test.for([401, 403, 404, 405, 410])(
    'CLI-2 status %i is failed, and retry() starts again',
    async (code, { serve }) => {
      const { url, requests } = await serve(status(code), events(gone))
      const record = connect(url)
      await untilStatus(record, 'failed')
      expect(record.calls).toEqual([
        ['status', 'connecting'],
        ['status', 'failed', 'http'],
      ])
      record.retry()
      await untilStatus(record, 'ended')
      expect(requests).toHaveLength(2)
    },
  )

  test('CLI-2 204 is ended, a wrong media type is failed, 503 is tried again', async ({ serve }) => {
    const none = await serve(status(204))
    await untilStatus(connect(none.url), 'ended')
    const page = await serve(status(200, { 'content-type': 'text/html' }))
    await untilStatus(connect(page.url), 'failed')
    const busy = await serve(status(503), events(gone))
    const record = connect(busy.url)
    await untilStatus(record, 'ended')
    expect(record.calls[1]).toEqual(['status', 'reconnecting', 'http'])
  })

  test('CLI-2 with a headers function a 401 is tried once more with its new result', async ({ serve }) => {
    const guard =
      (then: Answer): Answer =>
      (request, response) =>
        (request.headers.authorization === 'fresh' ? then : status(401))(request, response)
    const { url, requests } = await serve(guard(events(gone)))
    const tokens = ['stale', 'fresh']
    const record = connect(url, { headers: () => ({ authorization: tokens.shift() ?? 'none' }) })
    await untilStatus(record, 'ended')
    expect(record.calls).toEqual([
      ['status', 'connecting'],
      ['status', 'ended'],
    ])
    expect(requests).toHaveLength(2)
  })

  test('CLI-2 a second 401 is fatal, and so is the first with fixed headers', async ({ serve }) => {
    const { url, requests } = await serve(status(401))
    await untilStatus(connect(url, { headers: () => ({}) }), 'failed')
    expect(requests).toHaveLength(2)
    await untilStatus(connect(url, { headers: { authorization: 'x' } }), 'failed')
    expect(requests).toHaveLength(3)
  })

  test('CLI-2 each opening earns another try', async ({ serve }) => {
    const { url, requests } = await serve(status(401), events(''), status(401), events(gone))
    await untilStatus(connect(url, { headers: () => ({}) }), 'ended')
    expect(requests).toHaveLength(4)
  })

  test('CLI-2 a headers function that throws is a network failure', async ({ serve }) => {
    const { url, requests } = await serve(events(gone))
    let count = 0
    const record = connect(url, {
      headers() {
        if (count++ === 0) throw new Error('no token')
        return {}
      },
    })
    await untilStatus(record, 'ended')
    expect(record.calls[1]).toEqual(['status', 'reconnecting', 'network'])
    expect(requests).toHaveLength(1)
  })
})

describe('CLI-3 batches', () => {
  test('CLI-3 a snapshot is applied at its ready, as one batch', async ({ serve }) => {
    const { url } = await serve(
      events(sync('reset') + part('a', 1) + part('b', 3) + sync('ready', 'e.4'), { open: true }),
    )
    const record = connect(url)
    await untilStatus(record, 'live')
    expect(record.calls).toEqual([
      ['status', 'connecting'],
      ['reset'],
      ['apply', 'a@1', 'b@3'],
      ['ready'],
      ['status', 'live'],
    ])
  })

  test('CLI-3 so is a catch-up, whose ids count only then', async ({ serve }) => {
    const { url, requests } = await serve(
      events(sync('ready', 'e.1')),
      events(part('a', 2) + part('b', 2, 'e.3') + part('c', 2)),
      events(part('a', 2) + part('b', 2, 'e.3') + part('c', 2, 'e.4') + sync('ready', 'e.4') + gone),
    )
    const record = connect(url)
    await untilStatus(record, 'ended')
    expect(lastIds(requests)).toEqual([undefined, 'e.1', 'e.1'])
    expect(record.calls.filter(([what]) => what !== 'status')).toEqual([
      ['ready'],
      ['apply', 'a@2', 'b@2', 'c@2'],
      ['ready'],
    ])
  })

  test('CLI-3 afterwards each batch is applied at its id, and what a cut leaves unfinished is dropped', async ({
    serve,
  }) => {
    const { url, requests } = await serve(
      events(sync('ready', 'e.1') + part('a', 1) + part('b', 1, 'e.3') + part('c', 1, 'e.4') + part('d', 1)),
      events(part('d', 1) + part('e', 1, 'e.6') + sync('ready', 'e.6') + gone),
    )
    const record = connect(url)
    await untilStatus(record, 'ended')
    expect(lastIds(requests)).toEqual([undefined, 'e.4'])
    expect(record.calls.filter(([what]) => what === 'apply')).toEqual([
      ['apply', 'a@1', 'b@1'],
      ['apply', 'c@1'],
      ['apply', 'd@1', 'e@1'],
    ])
  })

  test('CLI-3 a batch that repeats the last id is a batch', async ({ serve }) => {
    const { url } = await serve(
      events(sync('ready', 'e.1') + part('a', 1, 'e.1') + part('b', 1, 'e.1') + gone),
    )
    const record = connect(url)
    await untilStatus(record, 'ended')
    expect(record.calls.filter(([what]) => what === 'apply')).toEqual([
      ['apply', 'a@1'],
      ['apply', 'b@1'],
    ])
  })

  test('CLI-3 comments, retry and unknown events end no batch', async ({ serve }) => {
    const { url } = await serve(
      events(
        `${sync('ready', 'e.1')}${part('a', 1)}:\n\nretry: 50\n\nevent: news\ndata: x\n\n${part('b', 1, 'e.3')}${gone}`,
      ),
    )
    const record = connect(url)
    await untilStatus(record, 'ended')
    expect(record.calls.filter(([what]) => what === 'apply')).toEqual([['apply', 'a@1', 'b@1']])
  })

  test('CLI-3 a snapshot that is cut tells the sink nothing, and starts over', async ({ serve }) => {
    const { url, requests } = await serve(
      events(sync('reset') + part('a', 1)),
      events(sync('reset') + part('b', 1) + sync('ready', 'e.2') + gone),
    )
    const record = connect(url)
    await untilStatus(record, 'ended')
    expect(lastIds(requests)).toEqual([undefined, undefined])
    expect(record.calls).toEqual([
      ['status', 'connecting'],
      ['status', 'reconnecting'],
      ['reset'],
      ['apply', 'b@1'],
      ['ready'],
      ['status', 'live'],
      ['status', 'ended'],
    ])
  })

  test('CLI-3 a reset drops what was gathered before it, also in the middle of a connection', async ({
    serve,
  }) => {
    const { url } = await serve(
      events(
        sync('ready', 'e.1') + part('x', 1) + sync('reset') + part('a', 1) + sync('ready', 'f.1') + gone,
      ),
    )
    const record = connect(url)
    await untilStatus(record, 'ended')
    expect(record.calls.filter(([what]) => what !== 'status')).toEqual([
      ['ready'],
      ['reset'],
      ['apply', 'a@1'],
      ['ready'],
    ])
  })

  test('CLI-3 what is gathered holds the newest of each entity, in the order of the last changes (D12)', async ({
    serve,
  }) => {
    const { url } = await serve(
      events(
        [
          part('a', 1),
          part('b', 1),
          part('a', 3),
          part('a', 2),
          part('b', 1),
          part('c'),
          part('c'),
          part('c', 1),
        ].join('') +
          sync('ready', 'e.1') +
          gone,
      ),
    )
    const record = connect(url)
    await untilStatus(record, 'ended')
    expect(record.calls.filter(([what]) => what === 'apply')).toEqual([['apply', 'b@1', 'a@3', 'c', 'c@1']])
  })

  test('CLI-13 what is no JSON or no part reaches the sink to be counted, and nothing else is lost', async ({
    serve,
  }) => {
    const bad = [
      '{"entity":',
      '7',
      'null',
      '[]',
      '{"entity":"plan"}',
      '{"entity":"plan","key":"k","revision":"x"}',
    ]
    const { url } = await serve(
      events(
        part('a', 1) +
          bad.map((data) => `event: data-crux\ndata: ${data}\n\n`).join('') +
          'event: crux-sync\ndata: {"phase":\n\nevent: crux-sync\ndata: null\n\n' +
          part('b', 1) +
          sync('ready', 'e.1') +
          'event: data-crux\nid: e.2\ndata: nonsense\n\n' +
          part('c', 1, 'e.3') +
          gone,
      ),
    )
    const record = connect(url)
    await untilStatus(record, 'ended')
    expect([...record.entities().keys()].filter((key) => key !== 'k')).toEqual(['a', 'b', 'c'])
    expect(record.odd()).toBe(6)
  })

  test('CLI-3 a part of the wrong shape does not displace a good one that waits', async ({ serve }) => {
    const wrong =
      'event: data-crux\ndata: {"entity":"plan","key":"a","revision":2,"event":"updated","value":{"title":7}}\n\n'
    const { url } = await serve(events(part('a', 1) + wrong + sync('ready', 'e.1') + gone))
    const record = connect(url)
    await untilStatus(record, 'ended')
    expect(record.calls.filter(([what]) => what === 'apply')).toEqual([
      ['apply', 'a@2'],
      ['apply', 'a@1'],
    ])
  })
})

test('CLI-3 a session cut after any of its events ends in the same state, and no revision comes twice', async ({
  serve,
}) => {
  const script = liveScript([
    ['p1', 'l1'],
    ['l1/a', 'l1'],
    ['p2'],
    ['l1/b'],
    ['l1/a', 'l1'],
    ['l1/b', 'l1/a', 'l1'],
    ['p1'],
  ])
  const begin = 3
  const frameCount = script.frames('', begin).length
  for (let cut = 0; cut < frameCount; cut++) {
    const { url, requests } = await serve(
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        // The bytes have left before the socket breaks.
        response.write(script.frames('', begin).slice(0, cut).join('') || ':\n\n', () => response.destroy())
      },
      (request, response) => {
        // While nobody was connected there were up to two commits more.
        const frames = script.frames(String(request.headers['last-event-id'] ?? ''), begin + 2)
        return events(frames.join(''))(request, response)
      },
    )
    const record = connect(url)
    await untilStatus(record, 'ended')
    expect(requests).toHaveLength(2)
    expect(record.entities()).toEqual(script.final())
    expect(record.repeated).toEqual([])
  }
})
