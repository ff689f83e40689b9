import {
  createCruxClient,
  createMockTransport,
  type CruxTransport,
  type TransportSink,
} from '@crux/core/client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Until microtasks have run, which are the frames of a process without a screen. */
const nextFrame = () => Promise.resolve().then(() => {})

/** A mock transport that counts its connections. */
function countedTransport() {
  const mock = createMockTransport({ plans: [{ id: 'p1', title: 'Launch', createdAt: 1 }] })
  const calls: string[] = []
  const transport: CruxTransport = {
    kind: 'mock',
    connect(sink) {
      calls.push('connect')
      const undo = mock.connect(sink)
      return () => {
        calls.push('disconnect')
        undo()
      }
    },
  }
  return { mock, transport, calls }
}

test('CLI-10 making a client starts nothing; its first subscriber connects it, the second does not', () => {
  const { transport, calls } = countedTransport()
  const client = createCruxClient({ transport })
  expect(calls).toEqual([])
  expect(client.getConnection()).toEqual({
    status: 'idle',
    error: undefined,
    lastSyncedAt: undefined,
    isReady: false,
    dropped: 0,
  })
  client.subscribe('plans', () => {})
  client.subscribe('connection', () => {})
  expect(calls).toEqual(['connect'])
  expect(client.getPlan('p1')).toMatchObject({ title: 'Launch' })
  expect(client.getConnection()).toMatchObject({ status: 'live', isReady: true, lastSyncedAt: Date.now() })
})

test('CLI-10 a client disconnects one second after its last subscriber left, and keeps what it knows', async () => {
  const { transport, calls } = countedTransport()
  const client = createCruxClient({ transport })
  const [first, second] = [client.subscribe('plans', () => {}), client.subscribe('plans', () => {})]
  first()
  first()
  vi.advanceTimersByTime(5000)
  expect(calls).toEqual(['connect'])
  second()
  vi.advanceTimersByTime(999)
  expect(calls).toEqual(['connect'])
  vi.advanceTimersByTime(1)
  await nextFrame()
  expect(calls).toEqual(['connect', 'disconnect'])
  expect(client.getConnection().status).toBe('idle')
  expect(client.getPlan('p1')).toMatchObject({ title: 'Launch' })
})

test('CLI-10 leaving and coming back within a second, as StrictMode does, does not reconnect', () => {
  const { transport, calls } = countedTransport()
  const client = createCruxClient({ transport })
  let leave = client.subscribe('plans', () => {})
  for (let times = 0; times < 20; times += 1) {
    leave()
    vi.advanceTimersByTime(900)
    leave = client.subscribe('plans', () => {})
  }
  vi.advanceTimersByTime(5000)
  expect(calls).toEqual(['connect'])
})

test('CLI-10 a client that comes back after a pause connects anew and drops what is gone', async () => {
  const { mock, transport, calls } = countedTransport()
  const client = createCruxClient({ transport })
  client.subscribe('plans', () => {})()
  vi.advanceTimersByTime(1000)
  mock.remove('plan', 'p1')
  mock.set('plan', { id: 'p2', createdAt: 2 })
  expect(client.getPlans().map(({ id }) => id)).toEqual(['p1'])
  await nextFrame()
  client.subscribe('plans', () => {})
  expect(calls).toEqual(['connect', 'disconnect', 'connect'])
  expect(client.getPlans().map(({ id }) => id)).toEqual(['p2'])
})

test('CLI-10 retry goes to a transport that knows how, else the client disconnects and connects', () => {
  const retry = vi.fn<NonNullable<CruxTransport['retry']>>()
  const { transport, calls } = countedTransport()
  const able = createCruxClient({ transport: { ...transport, retry } })
  able.retry()
  expect(retry).not.toHaveBeenCalled()
  able.subscribe('plans', () => {})
  able.retry()
  expect(retry).toHaveBeenCalledTimes(1)
  expect(calls).toEqual(['connect'])

  const plain = createCruxClient({ transport })
  plain.subscribe('plans', () => {})
  plain.retry()
  expect(calls).toEqual(['connect', 'connect', 'disconnect', 'connect'])
})

test('CLI-10 close disconnects at once and for good', () => {
  const { mock, transport, calls } = countedTransport()
  const client = createCruxClient({ transport })
  const listener = vi.fn<() => void>()
  client.subscribe('plans', listener)
  client.close()
  client.close()
  expect(calls).toEqual(['connect', 'disconnect'])
  listener.mockClear()
  mock.set('plan', { id: 'p2' })
  client.subscribe('plans', listener)
  client.retry()
  vi.advanceTimersByTime(5000)
  expect(calls).toEqual(['connect', 'disconnect'])
  expect(listener).not.toHaveBeenCalled()
  expect(client.getPlan('p1')).toBeDefined()
})

test('CLI-10 close shows what came before it', () => {
  vi.stubGlobal('requestAnimationFrame', () => 0)
  vi.stubGlobal('cancelAnimationFrame', () => {})
  const transport = createMockTransport()
  const client = createCruxClient({ transport })
  client.subscribe('plans', () => {})
  transport.set('plan', { id: 'p1' })
  expect(client.getPlan('p1')).toBeUndefined()
  client.close()
  expect(client.getPlan('p1')).toBeDefined()
  vi.unstubAllGlobals()
})

test('CLI-10 close leaves no timer behind', () => {
  vi.stubGlobal('requestAnimationFrame', () => 0)
  const { mock, transport } = countedTransport()
  const client = createCruxClient({ transport })
  client.subscribe('plans', () => {})()
  mock.set('plan', { id: 'p2' })
  client.close()
  expect(vi.getTimerCount()).toBe(0)
  vi.unstubAllGlobals()
})

test('CLI-10 what a transport still delivers after it was disconnected changes nothing', async () => {
  const sinks: TransportSink[] = []
  const client = createCruxClient({
    transport: {
      kind: 'late',
      connect(sink) {
        sinks.push(sink)
        if (sinks.length === 1) {
          sink.apply([{ entity: 'plan', key: 'p1', value: {}, event: 'updated', revision: 1 }])
        }
        return () => {}
      },
    },
  })
  client.subscribe('plans', () => {})()
  vi.advanceTimersByTime(1000)
  await nextFrame()
  for (const sink of [...sinks, ...sinks.map((each) => each.fork())]) {
    sink.reset()
    sink.apply([{ entity: 'plan', key: 'p2', value: {}, event: 'updated', revision: 1 }])
    sink.ready()
    sink.status('live')
  }
  await nextFrame()
  expect(client.getPlans().map(({ id }) => id)).toEqual(['p1'])
  expect(client.getConnection()).toMatchObject({ status: 'idle', isReady: false })
  // Not even what the next connection delivers meets a snapshot that was begun in between.
  client.subscribe('plans', () => {})
  sinks.at(-1)?.ready()
  await nextFrame()
  expect(client.getPlans().map(({ id }) => id)).toEqual(['p1'])
})

test('CLI-10 a transport that throws while connecting is a failed connection, not a crash', async () => {
  const error = new TypeError('Invalid URL')
  const client = createCruxClient({
    transport: {
      kind: 'broken',
      connect() {
        throw error
      },
    },
  })
  client.subscribe('plans', () => {})()
  expect(client.getConnection()).toMatchObject({ status: 'failed', error })
  await nextFrame()
  vi.advanceTimersByTime(1000)
  expect(client.getConnection()).toMatchObject({ status: 'idle', error: undefined })
})

test('CLI-10 a listener may close the client while it connects', () => {
  const { transport, calls } = countedTransport()
  const client = createCruxClient({ transport })
  client.subscribe('plans', () => client.close())
  expect(calls).toEqual(['connect', 'disconnect'])
})

test('CLI-10 attach connects a further transport to the same cache, while the client is connected', async () => {
  const { transport } = countedTransport()
  const client = createCruxClient({ transport })
  const further = createMockTransport({ plans: [{ id: 'p2' }] })
  client.attach(further)
  const leave = client.subscribe('plans', () => {})
  expect(client.getPlan('p2')).toBeUndefined()
  client.attach({ kind: 'stream', connect: (sink) => further.connect(sink.fork()) })
  await nextFrame()
  expect(client.getPlan('p2')).toBeDefined()
  leave()
  vi.advanceTimersByTime(1000)
  further.set('plan', { id: 'p3' })
  expect(client.getPlan('p3')).toBeUndefined()
})

test('CLI-10 lastSyncedAt is set at ready and on leaving live, not with each change', async () => {
  const transport = createMockTransport()
  const client = createCruxClient({ transport })
  vi.setSystemTime(1000)
  client.subscribe('connection', () => {})
  expect(client.getConnection().lastSyncedAt).toBe(1000)
  vi.setSystemTime(2000)
  transport.set('plan', { id: 'p1' })
  expect(client.getConnection().lastSyncedAt).toBe(1000)
  await nextFrame()
  transport.setStatus('reconnecting', 'cut')
  await nextFrame()
  expect(client.getConnection()).toMatchObject({ status: 'reconnecting', error: 'cut', lastSyncedAt: 2000 })
  vi.setSystemTime(3000)
  transport.setStatus('failed', 'gone')
  await nextFrame()
  expect(client.getConnection()).toMatchObject({ status: 'failed', lastSyncedAt: 2000, isReady: true })
})
