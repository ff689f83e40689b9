import type { CruxDataPart } from '@crux/core'
import {
  combineTransports,
  createCruxClient,
  createMockTransport,
  createStreamTransport,
} from '@crux/core/client'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { bodyOf, everyCut } from '../sse/bodies.ts'
import {
  chatter,
  cruxPart,
  listPart,
  openStream,
  planPart,
  planSnapshot,
  planTask,
  planUpdate,
  streamText,
  taskPart,
} from './stream-kit.ts'

const numRuns = Number(process.env['CRUX_RUNS'] ?? 1000)
const nextMicrotask = () => Promise.resolve().then(() => {})

const chunks = [
  ...chatter,
  cruxPart(planPart('p1', 'Grüße 👩‍🚀')),
  cruxPart(taskPart('l1', 'a')),
  planSnapshot('turn', 1, planTask('search')),
  { type: 'text-end', id: '1' },
  cruxPart(planPart('p1', 'Launch 🚀', 2)),
  planUpdate('turn', 1, planTask('search', { state: 'done' })),
  { type: 'finish' },
]

/** What a client shows after `chunks`. */
const shown = ({ client }: Pick<ReturnType<typeof openStream>, 'client'>) => ({
  title: client.getPlan('p1')?.title,
  tasks: client.getTasks('l1').map(({ label }) => label),
  turn: client.getTasks('turn').map(({ label, status }) => `${label} ${status}`),
  dropped: client.getConnection().dropped,
})
const all = { title: 'Launch 🚀', tasks: ['a'], turn: ['SEARCH completed'], dropped: 0 }

describe('ingest', () => {
  test('CLI-7 takes the parts that onData gets, of Crux and of task plans, and ignores all others', async () => {
    const opened = openStream()
    for (const chunk of chunks) opened.transport.ingest(chunk)
    await nextMicrotask()
    expect(shown(opened)).toEqual(all)
    expect(opened.client.getConnection()).toMatchObject({ status: 'idle', isReady: false })
  })

  test('CLI-7 a part of Crux whose shape is not known is dropped and counted', async () => {
    const { transport, client } = openStream()
    transport.ingest({ type: 'data-crux', id: 'plan:p1', data: { entity: 'plan', key: 7 } })
    transport.ingest({ type: 'data-crux' })
    await nextMicrotask()
    expect(client.getConnection().dropped).toBe(2)
  })

  test('CLI-7 takes text of the stream in any pieces, with any line end', async () => {
    for (const lineEnd of ['\n', '\r\n', '\r']) {
      const text = streamText(chunks, lineEnd)
      for (const size of [1, 2, 7, 64, text.length]) {
        const opened = openStream()
        for (let at = 0; at < text.length; at += size) opened.transport.ingest(text.slice(at, at + size))
        await nextMicrotask()
        expect([lineEnd, size, shown(opened)]).toEqual([lineEnd, size, all])
      }
    }
  })

  test('CLI-7 works unbound, as onData', () => {
    const { transport, client } = openStream()
    const { ingest } = transport
    ingest(cruxPart(planPart('p1')))
    expect(client.getPlan('p1')).toMatchObject({ id: 'p1' })
  })

  test('CLI-7 it never throws, whatever it is given', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const throwing = {
      get type() {
        throw new Error('no')
      },
    }
    const cyclic: Record<string, unknown> = { type: 'data-crux' }
    cyclic['data'] = { entity: 'plan', key: 'p', value: { metadata: cyclic } }
    const { transport, client } = openStream()
    for (const odd of [proxy, throwing, cyclic, null, undefined, 7n, Symbol('x'), () => {}, [], new Map()]) {
      transport.ingest(odd)
    }
    transport.ingest(cruxPart(planPart('p1')))
    await nextMicrotask()
    expect(client.getPlan('p1')).toBeDefined()
  })

  test('REL-20 no JSON makes it throw, pollutes a prototype or stops what comes after', async () => {
    const fields = fc.dictionary(
      fc.constantFrom(
        'entity',
        'key',
        'value',
        'revision',
        'planId',
        'version',
        'tasks',
        'task',
        '__proto__',
      ),
      fc.oneof(fc.jsonValue(), fc.constantFrom('plan', 'task', 'l/t', 1)),
    )
    const task = fc.record({ id: fc.jsonValue(), label: fc.jsonValue(), state: fc.jsonValue() })
    const part = fc.oneof(
      fc.jsonValue(),
      fc.record({
        type: fc.constantFrom('data-crux', 'data-agent-task-plan', 'data-agent-task-update', 'finish'),
        data: fc.oneof(
          fc.jsonValue(),
          fields,
          fc.record({ planId: fc.string(), version: fc.integer(), tasks: fc.array(task), task }),
        ),
      }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), fc.boolean(), async (parts, asText) => {
        const { transport, client } = openStream()
        for (const each of parts) transport.ingest(asText ? `data: ${JSON.stringify(each)}\n\n` : each)
        transport.ingest(cruxPart(planPart('after', 'After', 10)))
        await nextMicrotask()
        expect(client.getPlan('after')).toBeDefined()
        client.close()
      }),
      { numRuns },
    )
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  test('REL-20 no text makes it throw', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('data: ', '\n\n', '\r', '{"type":"data-crux","data":', '}', '\ud83d', ':', '[DONE]'),
    )
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const { transport, client } = openStream()
        for (const each of pieces) transport.ingest(each)
        client.close()
      }),
      { numRuns },
    )
  })
})

test('D12 text without an end is given up at 64 Mi characters, and what follows is read', async () => {
  const { transport, client } = openStream()
  const endless = 'x'.repeat(16 * 1_048_576)
  for (const piece of ['data: ', ...Array<string>(5).fill(endless), '\n\n']) transport.ingest(piece)
  transport.ingest(streamText([cruxPart(planPart('p1'))]))
  await nextMicrotask()
  expect(client.getPlan('p1')).toBeDefined()
})

describe('connecting', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('CLI-7 what was taken before connect is kept, for each client that comes', async () => {
    const transport = createStreamTransport()
    for (const chunk of chunks) transport.ingest(chunk)
    for (const _ of [1, 2]) {
      const client = createCruxClient({ transport })
      client.subscribe('connection', () => {})
      await nextMicrotask()
      expect(shown({ client })).toEqual(all)
      client.close()
    }
  })

  test('LIVE-1 of what is kept, an older value does not take the place of a newer one', () => {
    const transport = createStreamTransport()
    for (const [title, revision] of [
      ['Two', 2],
      ['One', 1],
    ] as const) {
      transport.ingest(cruxPart(planPart('p1', title, revision)))
    }
    const { revision: _, ...bare } = planPart('p1', 'Bare')
    const client = createCruxClient({ transport })
    client.subscribe('connection', () => {})
    expect(client.getPlan('p1')?.title).toBe('Two')
    client.close()

    transport.ingest({ type: 'data-crux', data: bare })
    transport.ingest(cruxPart(planPart('p1', 'One')))
    const late = createCruxClient({ transport })
    late.subscribe('connection', () => {})
    expect(late.getPlan('p1')?.title).toBe('Bare')
    late.close()
  })

  test('CLI-7 what came while nobody was connected comes with the next connection', async () => {
    const { transport, client, leave } = openStream()
    transport.ingest(cruxPart(planPart('p1')))
    leave()
    await vi.advanceTimersByTimeAsync(5_000)
    transport.ingest(cruxPart(planPart('p1', 'Launch', 2)))
    transport.ingest(cruxPart(planPart('p2')))
    expect(client.getPlan('p1')).toMatchObject({ title: 'p1' })
    client.subscribe('connection', () => {})
    await vi.advanceTimersByTimeAsync(100)
    expect(client.getPlans().map(({ title }) => title)).toEqual(expect.arrayContaining(['Launch', 'p2']))
  })

  test('CLI-7 what was cleared while nobody was connected is gone at the next connection', async () => {
    const { transport, client, leave } = openStream()
    transport.ingest(cruxPart(planPart('p1')))
    transport.ingest(cruxPart(planPart('p2')))
    leave()
    await vi.advanceTimersByTimeAsync(5_000)
    transport.clear()
    transport.ingest(cruxPart(planPart('p2')))
    client.subscribe('connection', () => {})
    await vi.advanceTimersByTimeAsync(100)
    expect(client.getPlans().map(({ id }) => id)).toEqual(['p2'])
  })

  test('CLI-1 the undo is idempotent: it does not end the connection that follows', () => {
    const transport = createStreamTransport()
    const received: CruxDataPart[] = []
    const sink = {
      reset() {},
      apply: (changes: readonly CruxDataPart[]) => void received.push(...changes),
      ready() {},
      status() {},
      fork: () => sink,
    }
    const undo = transport.connect(sink)
    undo()
    transport.ingest(cruxPart(planPart('p1')))
    expect(received).toEqual([])
    transport.connect(sink)
    undo()
    transport.ingest(cruxPart(planPart('p2')))
    expect(received.map(({ key }) => key)).toEqual(['p1', 'p2'])
  })
})

describe('hydrate', () => {
  test('CLI-7 reads the parts of a history, the newest of each, and says ready', async () => {
    const { transport, client } = openStream()
    transport.hydrate([
      { role: 'user', parts: [{ type: 'text' }] },
      {
        role: 'assistant',
        parts: [{ type: 'step-start' }, cruxPart(planPart('p1', 'Old')), cruxPart(taskPart('l1', 'a'))],
      },
      {
        role: 'assistant',
        parts: [cruxPart(planPart('p1', 'New', 2)), planSnapshot('turn', 3, planTask('x'))],
      },
      { role: 'assistant', parts: [cruxPart(planPart('p1', 'Old'))] },
    ])
    await nextMicrotask()
    expect(client.getPlan('p1')?.title).toBe('New')
    expect(client.getTaskIds('l1')).toEqual(['a'])
    expect(client.getTaskIds('turn')).toEqual(['x'])
    expect(client.getConnection().isReady).toBe(true)
  })

  test('CLI-7 before connect, readiness is kept like the parts', () => {
    const transport = createStreamTransport()
    transport.hydrate([])
    const client = createCruxClient({ transport })
    client.subscribe('connection', () => {})
    expect(client.getConnection().isReady).toBe(true)
    client.close()
  })

  test('CLI-7 what users put into their own messages is not believed', () => {
    const { transport, client } = openStream()
    transport.hydrate([
      { role: 'user', parts: [cruxPart(planPart('p1')), planSnapshot('turn', 1, planTask('x'))] },
    ])
    expect(client.getPlans()).toEqual([])
    expect(client.getTaskList('turn')).toBeUndefined()
  })

  test('CLI-7 the same history again changes nothing', async () => {
    const { transport, client } = openStream()
    const history = [{ role: 'assistant', parts: chunks }]
    transport.hydrate(history)
    await nextMicrotask()
    const before = [client.getPlan('p1'), client.getTasks('turn')]
    let heard = 0
    client.subscribe({ tasksOf: 'turn' }, () => heard++)
    transport.hydrate(history)
    await nextMicrotask()
    expect([client.getPlan('p1'), client.getTasks('turn')]).toEqual(before)
    expect(client.getTasks('turn')).toBe(before[1])
    expect(heard).toBe(0)
  })
})

describe('consume', () => {
  test('CLI-7 reads a body cut anywhere, with any line end, and says ready at its end', async () => {
    const short = [cruxPart(planPart('p1', 'Grüße 👩‍🚀')), planSnapshot('turn', 1, planTask('x'))]
    for (const lineEnd of ['\n', '\r\n', '\r']) {
      for (const pieces of everyCut(new TextEncoder().encode(streamText(short, lineEnd)))) {
        const { transport, client } = openStream()
        await transport.consume(bodyOf(pieces).body)
        expect(client.getPlan('p1')?.title).toBe('Grüße 👩‍🚀')
        expect(client.getTaskIds('turn')).toEqual(['x'])
        expect(client.getConnection()).toMatchObject({ status: 'idle', isReady: true, dropped: 0 })
        client.close()
      }
    }
  })

  test('CLI-7 takes a response, also one without a body', async () => {
    const opened = openStream()
    await opened.transport.consume(new Response(streamText(chunks)))
    await nextMicrotask()
    expect(shown(opened)).toEqual(all)
    await opened.transport.consume(new Response(null, { status: 204 }))
  })

  test('CLI-7 what follows the end of the chat, and events that are no JSON, harm nothing', async () => {
    const opened = openStream()
    const text = `: keep-alive\n\ndata: {"type":\n\nid: 7\nevent: odd\n${streamText(chunks)}data: {"type":"data-crux"`
    await opened.transport.consume(new Response(text))
    await nextMicrotask()
    expect(shown(opened)).toEqual(all)
  })

  test('D9 while it reads the status is live, and failed with the error after a body that broke off', async () => {
    const { transport, client } = openStream()
    let broken: ReadableStreamDefaultController<Uint8Array> | undefined
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (broken = controller) })
    const done = transport.consume(body)
    await vi.waitFor(() => expect(client.getConnection().status).toBe('live'))
    broken?.enqueue(new TextEncoder().encode(streamText([cruxPart(planPart('p1'))])))
    await vi.waitFor(() => expect(client.getPlan('p1')).toBeDefined())
    const reset = new Error('connection reset')
    broken?.error(reset)
    await expect(done).rejects.toBe(reset)
    expect(client.getPlan('p1')).toBeDefined()
    expect(client.getConnection()).toMatchObject({ status: 'failed', error: reset, isReady: false })

    await transport.consume(new Response(streamText([])))
    expect(client.getConnection()).toMatchObject({ status: 'idle', isReady: true })
  })

  test('CLI-7 an answer that is not 2xx rejects, unread', async () => {
    const { transport, client } = openStream()
    const { body, seen } = bodyOf(['data: {}\n\n'])
    await expect(transport.consume(new Response(body, { status: 500 }))).rejects.toMatchObject({
      name: 'SseClientError',
      code: 'http',
      status: 500,
    })
    expect(seen.isCancelled).toBe(true)
    expect(client.getConnection().status).toBe('failed')
  })

  test('CLI-7 the signal ends it at once and cancels the body; that is no failure', async () => {
    const { transport, client } = openStream()
    const { body, seen } = bodyOf([streamText([cruxPart(planPart('p1'))])], { open: true })
    const stop = new AbortController()
    const done = transport.consume(body, { signal: stop.signal })
    await vi.waitFor(() => expect(client.getPlan('p1')).toBeDefined())
    stop.abort()
    await expect(done).rejects.toBe(stop.signal.reason)
    expect(seen.isCancelled).toBe(true)
    expect(client.getConnection()).toMatchObject({ status: 'idle', isReady: false })
    expect(client.getPlan('p1')).toBeDefined()
  })

  test('CLI-7 a part of an event that text left behind does not mix with a body', async () => {
    const { transport, client } = openStream()
    transport.ingest('data: {"type":')
    await transport.consume(new Response(streamText([cruxPart(planPart('p1'))])))
    transport.ingest(`"data-crux","data":${JSON.stringify(planPart('p2'))}}\n\n`)
    await nextMicrotask()
    expect(
      client
        .getPlans()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(['p1', 'p2'])
  })

  test('CLI-7 a file of several megabytes in the chat does not end it', async () => {
    const { transport, client } = openStream()
    const file = {
      type: 'file',
      mediaType: 'image/png',
      url: `data:image/png;base64,${'A'.repeat(4_000_000)}`,
    }
    await transport.consume(new Response(streamText([file, cruxPart(planPart('p1'))])))
    expect(client.getPlan('p1')).toBeDefined()
  })
})

describe('clear', () => {
  test('CLI-7 empties the cache of what was delivered, and what comes then counts again', async () => {
    const opened = openStream()
    const { transport, client } = opened
    for (const chunk of chunks) transport.ingest(chunk)
    transport.ingest(cruxPart(listPart('l1')))
    transport.ingest('data: {"unfinished')
    transport.clear()
    await nextMicrotask()
    expect(client.dehydrate().parts).toEqual([])
    expect(client.getTasks('turn')).toEqual([])
    transport.ingest(streamText(chunks))
    await nextMicrotask()
    expect(shown(opened)).toEqual(all)
  })

  test('CLI-7 what another transport delivered too stays', async () => {
    const live = createMockTransport({ plans: [{ id: 'p1', title: 'Live' }] })
    const { transport, client } = openStream((stream) => combineTransports(live, stream))
    transport.ingest(cruxPart(planPart('p1')))
    transport.ingest(cruxPart(planPart('p2')))
    transport.clear()
    await nextMicrotask()
    expect(client.getPlans().map(({ id }) => id)).toEqual(['p1'])
  })
})

describe('task plans', () => {
  test('INJ-132 a plan is the task list with its id, also when replayed from the start', async () => {
    const { transport, client } = openStream()
    const parts = [
      planSnapshot('turn', 1, planTask('a'), planTask('b', { state: 'pending' })),
      planUpdate('turn', 1, planTask('a', { state: 'done' })),
      planUpdate('turn', 1, planTask('b')),
    ]
    const expected = ['completed', 'in_progress']
    for (const _ of ['once', 'replayed']) {
      for (const part of parts) transport.ingest(part)
      await nextMicrotask()
      expect(client.getTasks('turn').map(({ status }) => status)).toEqual(expected)
    }
    expect(client.getTaskList('turn')).toMatchObject({
      status: 'in_progress',
      metadata: { source: 'task-plan' },
    })
    transport.ingest(planSnapshot('turn', 2, planTask('b', { state: 'done' })))
    await vi.waitFor(() => expect(client.getTaskIds('turn')).toEqual(['b']))
    expect(client.getTaskList('turn')).toMatchObject({ status: 'completed' })
  })

  test('INJ-133 a value of a store wins over the plan, whichever comes first', async () => {
    for (const order of ['store first', 'plan first']) {
      const live = createMockTransport()
      const { transport, client } = openStream((stream) => combineTransports(live, stream))
      const fromStore = () => live.set('task', { id: 'a', taskListId: 'turn', label: 'From the store' })
      if (order === 'store first') fromStore()
      transport.ingest(planSnapshot('turn', 1, planTask('a')))
      if (order === 'plan first') fromStore()
      transport.ingest(planUpdate('turn', 1, planTask('a', { label: 'Later' })))
      await nextMicrotask()
      expect(client.getTasks('turn').map(({ label }) => label)).toEqual(['From the store'])
    }
  })

  test('INJ-133 a mirrored plan does not flicker back when the live store reconnects', async () => {
    const live = createMockTransport()
    const { transport, client } = openStream((stream) => combineTransports(live, stream))
    live.set('task', { id: 'a', taskListId: 'turn', label: 'From the store' })
    transport.ingest(planSnapshot('turn', 1, planTask('a')))
    const seen = new Set<string>()
    client.subscribe({ tasksOf: 'turn' }, () =>
      client.getTasks('turn').forEach(({ label }) => seen.add(label)),
    )
    live.setStatus('reconnecting')
    live.setStatus('live')
    transport.ingest(planUpdate('turn', 1, planTask('a', { state: 'done' })))
    await nextMicrotask()
    live.set('task', { id: 'a', taskListId: 'turn', label: 'And again' })
    await vi.waitFor(() => expect(seen).toContain('And again'))
    expect(seen).not.toContain('A')
  })

  test('INJ-133 what a transport made later delivers is newer, also after what a server rendered', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const first = openStream()
    first.transport.ingest(planSnapshot('turn', 1, planTask('a')))
    const second = createStreamTransport()
    const client = createCruxClient({ transport: second, initialState: first.client.dehydrate() })
    client.subscribe('connection', () => {})
    expect(client.getTask('turn', 'a')?.status).toBe('in_progress')
    vi.setSystemTime(Date.now() + 1)
    second.ingest(planSnapshot('turn', 1, planTask('a', { state: 'done' })))
    await vi.waitFor(() => expect(client.getTask('turn', 'a')?.status).toBe('completed'))
    client.close()
  })
})
