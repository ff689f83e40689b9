import {
  combineTransports,
  createCruxClient,
  createMockTransport,
  type ConnectionStatus,
  type CruxTransport,
  type TransportSink,
} from '@crux/core/client'
import { examplePart, examplePlan } from '@crux/core/testing'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { openClient } from './client-kit.ts'

const nextMicrotask = () => Promise.resolve().then(() => {})
const plan = (id: string, revision = 1, title = id) =>
  examplePart('plan', examplePlan({ id, title }), revision)

/** A transport whose sink the test holds. */
class HandDriven implements CruxTransport {
  readonly kind: string
  readonly calls: string[] = []
  sinks: TransportSink[] = []

  constructor(kind = 'hand') {
    this.kind = kind
  }

  readonly connect = (sink: TransportSink) => {
    this.calls.push('connect')
    this.sinks.push(sink)
    return () => void this.calls.push('disconnect')
  }

  get sink(): TransportSink {
    const sink = this.sinks.at(-1)
    if (!sink) throw new Error('Nobody is connected.')
    return sink
  }
}

function openCombined(...transports: CruxTransport[]) {
  const client = createCruxClient({ transport: combineTransports(...transports) })
  const leave = client.subscribe('connection', () => {})
  onTestFinished(() => client.close())
  const shown = async () => {
    await nextMicrotask()
    return Object.fromEntries(client.getPlans().map(({ id, title }) => [id, title]))
  }
  return { client, leave, shown }
}

describe('one cache', () => {
  test('CLI-8 all feed one cache and revisions sort out what comes twice', async () => {
    const [a, b] = [new HandDriven(), new HandDriven()]
    const { shown } = openCombined(a, b)
    a.sink.apply([plan('p1', 2, 'newer')])
    b.sink.apply([plan('p1', 1, 'older'), plan('p2')])
    expect(await shown()).toEqual({ p1: 'newer', p2: 'p2' })
  })

  test('CLI-8 a snapshot drops only what came through its own transport', async () => {
    const [a, b] = [new HandDriven(), new HandDriven()]
    const { shown } = openCombined(a, b)
    a.sink.apply([plan('mine'), plan('both')])
    b.sink.apply([plan('theirs'), plan('both')])
    a.sink.reset()
    a.sink.ready()
    expect(Object.keys(await shown())).toEqual(expect.arrayContaining(['theirs', 'both']))
    expect(await shown()).not.toHaveProperty('mine')
    b.sink.reset()
    b.sink.ready()
    expect(await shown()).toEqual({})
  })

  test('CLI-8 what another one also delivered stays with its value, and its revision is forgotten', async () => {
    const [a, b] = [new HandDriven(), new HandDriven()]
    const { shown } = openCombined(a, b)
    a.sink.apply([plan('both', 7, 'before')])
    b.sink.apply([plan('both', 7, 'before')])
    a.sink.reset()
    a.sink.ready()
    expect(await shown()).toEqual({ both: 'before' })
    b.sink.apply([plan('both', 1, 'of a new epoch')])
    expect(await shown()).toEqual({ both: 'of a new epoch' })
  })

  test('CLI-8 a delivery that was no news still counts as delivered', async () => {
    const [a, b] = [new HandDriven(), new HandDriven()]
    const { shown } = openCombined(a, b)
    a.sink.apply([plan('both', 2)])
    b.sink.apply([plan('both', 1)])
    a.sink.reset()
    a.sink.ready()
    expect(await shown()).toEqual({ both: 'both' })
  })

  test('CLI-8 two snapshots under way at once drop only what neither has', async () => {
    const [a, b] = [new HandDriven(), new HandDriven()]
    const { shown } = openCombined(a, b)
    for (const { sink } of [a, b]) sink.apply([plan('old'), plan('a'), plan('b')])
    a.sink.reset()
    b.sink.reset()
    a.sink.apply([plan('a')])
    a.sink.ready()
    expect(Object.keys(await shown()).toSorted()).toEqual(['a', 'b', 'old'])
    b.sink.apply([plan('b')])
    b.sink.ready()
    expect(Object.keys(await shown()).toSorted()).toEqual(['a', 'b'])
  })

  test('CLI-8 a snapshot of the sink itself drops what came through it, and leaves what came through its forks', async () => {
    const { client, sink } = openClient()
    const fork = sink.fork()
    fork.fork().apply([plan('deep')])
    fork.apply([plan('fork')])
    sink.apply([plan('own')])
    sink.reset()
    sink.apply([plan('new')])
    sink.ready()
    await nextMicrotask()
    expect(
      client
        .getPlans()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(['deep', 'fork', 'new'])
  })

  test('CLI-8 the next connection of a transport replaces what its last one delivered', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const [a, b] = [new HandDriven(), new HandDriven('stream')]
    const { client, leave, shown } = openCombined(a, b)
    a.sink.apply([plan('old')])
    b.sink.apply([plan('from chat')])
    leave()
    vi.advanceTimersByTime(1000)
    client.subscribe('connection', () => {})
    expect(a.calls).toEqual(['connect', 'disconnect', 'connect'])
    a.sink.reset()
    a.sink.ready()
    expect(Object.keys(await shown())).toEqual(['from chat'])
    vi.useRealTimers()
  })
})

describe('readiness and status', () => {
  test('CLI-8 ready waits for every transport that is no stream', async () => {
    const [a, b, chat] = [new HandDriven(), new HandDriven(), new HandDriven('stream')]
    const { client } = openCombined(a, b, chat)
    const isReady = async () => {
      await nextMicrotask()
      return client.getConnection().isReady
    }
    chat.sink.ready()
    expect(await isReady()).toBe(false)
    a.sink.ready()
    expect(await isReady()).toBe(false)
    b.sink.ready()
    expect(await isReady()).toBe(true)
  })

  test('CLI-8 streams alone are ready when one of them says so, and are a stream together', async () => {
    const [one, other] = [new HandDriven('stream'), new HandDriven('stream')]
    const { client } = openCombined(one, other)
    await nextMicrotask()
    expect(client.getConnection().isReady).toBe(false)
    one.sink.ready()
    await nextMicrotask()
    expect(client.getConnection().isReady).toBe(true)
    expect(combineTransports(one, other).kind).toBe('stream')
    expect(combineTransports(one, new HandDriven()).kind).toBe('combined')
  })

  const order: ConnectionStatus[] = ['live', 'reconnecting', 'connecting', 'failed', 'ended', 'idle']
  test.for(order.flatMap((better, at) => order.slice(at).map((worse) => [better, worse] as const)))(
    'CLI-8 %s and %s together are the first of them',
    async ([better, worse]) => {
      for (const statuses of [
        [better, worse],
        [worse, better],
      ] as const) {
        const [a, b] = [new HandDriven(), new HandDriven()]
        const { client } = openCombined(a, b)
        a.sink.status(statuses[0], 'why')
        b.sink.status(statuses[1], 'why')
        await nextMicrotask()
        const hasError = better === 'reconnecting' || better === 'failed'
        expect(client.getConnection()).toMatchObject({ status: better, error: hasError ? 'why' : undefined })
      }
    },
  )

  test('CLI-8 a transport that became ready is live', async () => {
    const [a, b] = [new HandDriven(), new HandDriven()]
    const { client } = openCombined(a, b)
    a.sink.status('connecting')
    b.sink.status('failed', 'no')
    a.sink.ready()
    await nextMicrotask()
    expect(client.getConnection()).toMatchObject({ status: 'live', isReady: false })
  })

  test('CLI-8 all that the transports deliver while connecting is announced once', () => {
    const transports = [
      createMockTransport({ plans: [{ id: 'p1' }] }),
      createMockTransport({ plans: [{ id: 'p2' }] }),
    ]
    const client = createCruxClient({ transport: combineTransports(...transports) })
    onTestFinished(() => client.close())
    const heard: number[] = []
    client.subscribe('plans', () => heard.push(client.getPlans().length))
    expect(heard).toEqual([2])
    expect(client.getConnection()).toMatchObject({ status: 'live', isReady: true })
  })

  test('CLI-8 retry goes to those that are not live; without a retry of their own they connect anew', () => {
    const [live, dead, able] = [new HandDriven(), new HandDriven(), new HandDriven()]
    const retry = vi.fn<NonNullable<CruxTransport['retry']>>()
    const { client } = openCombined(live, dead, { kind: 'able', connect: able.connect, retry })
    live.sink.status('live')
    dead.sink.status('failed', 'no')
    able.sink.status('failed', 'no')
    client.retry()
    expect(live.calls).toEqual(['connect'])
    expect(dead.calls).toEqual(['connect', 'disconnect', 'connect'])
    expect(able.calls).toEqual(['connect'])
    expect(retry).toHaveBeenCalledExactlyOnceWith(able.sink)
  })

  test('CLI-8 a transport that throws while connecting is failed, and the others work', async () => {
    const error = new Error('no URL')
    const working = new HandDriven()
    const { client, shown } = openCombined(
      {
        kind: 'broken',
        connect() {
          throw error
        },
      },
      working,
    )
    await nextMicrotask()
    expect(client.getConnection()).toMatchObject({ status: 'failed', error })
    working.sink.status('live')
    working.sink.apply([plan('p1')])
    expect(await shown()).toEqual({ p1: 'p1' })
    expect(client.getConnection()).toMatchObject({ status: 'live', error: undefined })
  })
})

test('CLI-8 each connection of a combination is ready anew, and an old undo does not end a new one', () => {
  const [a, b] = [new HandDriven(), new HandDriven()]
  const ready = vi.fn<() => void>()
  const sink: TransportSink = {
    reset() {},
    apply() {},
    ready,
    status() {},
    fork: () => ({ ...sink, ready() {} }),
  }
  const transport = combineTransports(a, b)
  const undo = transport.connect(sink)
  a.sink.ready()
  b.sink.ready()
  expect(ready).toHaveBeenCalledTimes(1)
  undo()
  const undoAgain = transport.connect(sink)
  undo()
  expect(a.calls).toEqual(['connect', 'disconnect', 'connect'])
  a.sink.ready()
  expect(ready).toHaveBeenCalledTimes(1)
  b.sink.ready()
  expect(ready).toHaveBeenCalledTimes(2)
  undoAgain()
  b.sink.ready()
  expect(ready).toHaveBeenCalledTimes(2)
})

test('CLI-8 a fork says nothing about readiness and status, which are those of the sink it came from', async () => {
  const { client, sink } = openClient()
  const fork = sink.fork()
  fork.status('failed', 'no')
  fork.ready()
  await nextMicrotask()
  expect(client.getConnection()).toMatchObject({ status: 'idle', isReady: false })
})

test('CLI-8 two clients of one combination do not mix', async () => {
  const [a, b] = [new HandDriven(), new HandDriven()]
  const transport = combineTransports(a, b)
  const clients = [createCruxClient({ transport }), createCruxClient({ transport })]
  for (const client of clients) {
    client.subscribe('plans', () => {})
    onTestFinished(() => client.close())
  }
  a.sinks[0]?.apply([plan('first')])
  b.sinks[1]?.apply([plan('second')])
  await nextMicrotask()
  expect(clients.map((client) => client.getPlans().map(({ id }) => id))).toEqual([['first'], ['second']])
})
