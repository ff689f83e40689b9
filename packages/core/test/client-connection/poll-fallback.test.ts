import { createSSETransport } from '@crux/core/client'
import { expect, onTestFinished, test, vi } from 'vitest'
import { pass, stopClock } from './fake-clock.ts'
import { recordingSink } from './recording-sink.ts'
import { scriptedFetch, type Attempt } from './scripted-fetch.ts'
import { stubPage } from './stub-page.ts'

stopClock({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] })

const isPoll = ({ headers }: Attempt) => headers.get('accept') === 'application/json'
const part = (key: string, revision = 1) => ({ entity: 'plan', key, value: {}, event: 'updated', revision })
const change = (key: string, revision: number, id?: string) =>
  `event: data-crux\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(part(key, revision))}\n\n`
const reset = 'event: crux-sync\ndata: {"phase":"reset"}\n\n'
const ready = (id: string) => `event: crux-sync\nid: ${id}\ndata: {"phase":"ready","heartbeatMs":15000}\n\n`

/** Answers a poll with what a server has at a position: plans p1 to p<n>. */
function answer(attempt: Attempt, position: number) {
  const after = new URL(attempt.url).searchParams.get('after')
  const from = after === null ? 0 : Number(after.slice(2))
  const changes = Array.from({ length: position - from }, (_, index) => part(`p${from + index + 1}`))
  attempt.open({ 'content-type': 'application/json' })
  attempt.send(
    JSON.stringify({ cursor: `e.${position}`, reset: after === null, changes, retryAfterMs: 1_000 }),
  )
  attempt.end()
}

/** A network whose streams open and bring nothing, and whose polls are answered at the position. */
async function connect(onAttempt?: (attempt: Attempt, index: number) => boolean | void) {
  let position = 1
  const script = scriptedFetch((attempt, index) => {
    if (onAttempt?.(attempt, index)) return
    if (isPoll(attempt)) answer(attempt, position)
    else attempt.open()
  })
  const record = recordingSink()
  const transport = createSSETransport('https://example.test/crux', {
    fetch: script.fetch,
    pollFallback: true,
  })
  const undo = transport.connect(record.sink)
  onTestFinished(undo)
  // Its code is loaded before it begins.
  while (script.attempts.length === 0) await new Promise((resolve) => setImmediate(resolve))
  return {
    ...script,
    ...record,
    undo,
    retry: () => transport.retry?.(record.sink),
    move: (to: number) => void (position = to),
    streams: () => script.attempts.filter((attempt) => !isPoll(attempt)),
    polls: () => script.attempts.filter(isPoll),
  }
}

test('CLI-5 a stream that opened and is not ready within 10 s is dropped, and the URL is polled', async () => {
  const { streams, polls, calls, entities, last } = await connect()
  last().send(reset + change('half', 1))
  await pass(9_999)
  expect(polls()).toHaveLength(0)
  await pass(1)
  expect([polls().length, streams()[0]?.isAborted()]).toEqual([1, true])
  expect(calls).toEqual([
    ['status', 'connecting'],
    ['reset'],
    ['apply', 'p1@1'],
    ['ready'],
    ['status', 'live'],
  ])
  await pass(6_000)
  expect(polls().map(({ url }) => url)).toEqual([
    'https://example.test/crux',
    ...Array(3).fill('https://example.test/crux?after=e.1'),
  ])
  expect([...entities().keys()]).toEqual(['p1'])
})

test('CLI-5 the 10 s begin when it opens, and its ready ends them', async () => {
  const { attempts, polls, last, status } = await connect((attempt) => attempt.isAborted() || true)
  await pass(30_000)
  expect(polls()).toHaveLength(0)
  last().open()
  await pass(9_999)
  last().send(reset + ready('e.1'))
  await pass(30_000)
  expect([attempts.length, status()]).toEqual([1, 'live'])
})

test('CLI-5 a connection that is lost before them is tried again, with 10 s of its own', async () => {
  const { streams, polls, last } = await connect()
  await pass(9_000)
  last().end()
  await pass(250)
  expect(streams()).toHaveLength(2)
  await pass(9_999)
  expect(polls()).toHaveLength(0)
  await pass(1)
  expect(polls()).toHaveLength(1)
})

test('CLI-5 a connection that opens later in the life of a transport has the same 10 s, and polls go on from the cursor', async () => {
  const { streams, polls, last, calls } = await connect()
  last().send(reset + change('p1', 1) + ready('e.1'))
  await pass(20_000)
  last().end()
  await pass(1_000)
  expect(streams()).toHaveLength(2)
  await pass(10_000)
  expect(polls()[0]?.url).toBe('https://example.test/crux?after=e.1')
  expect(calls.slice(-3)).toEqual([['status', 'reconnecting'], ['ready'], ['status', 'live']])
})

test('CLI-5 a fresh stream is tried every 60 s, for 10 s, while the polls go on', async () => {
  const { streams, polls, status } = await connect()
  await pass(10_000)
  await pass(59_999)
  expect(streams()).toHaveLength(1)
  await pass(1)
  expect(streams()).toHaveLength(2)
  expect(streams()[1]?.headers.get('last-event-id')).toBe('e.1')
  const before = polls().length
  await pass(9_999)
  expect(streams()[1]?.isAborted()).toBe(false)
  await pass(1)
  expect(streams()[1]?.isAborted()).toBe(true)
  expect(polls().length).toBe(before + 5)
  await pass(49_999)
  expect(streams()).toHaveLength(2)
  await pass(1)
  expect(streams()).toHaveLength(3)
  expect(status()).toBe('live')
})

test('CLI-5 the ready of a fresh stream ends the polling, and the stream is followed', async () => {
  const { streams, polls, last, calls, move } = await connect()
  await pass(70_000)
  move(2)
  const fresh = streams()[1]
  await pass(4_000)
  const before = calls.length
  fresh?.send(change('p2', 1) + ready('e.2'))
  await pass(0)
  const count = polls().length
  fresh?.send(change('p3', 1, 'e.3'))
  await pass(30_000)
  expect(polls()).toHaveLength(count)
  expect(calls.slice(before)).toEqual([['apply', 'p2@1'], ['ready'], ['status', 'live'], ['apply', 'p3@1']])
  fresh?.end()
  await pass(1_000)
  expect(last().headers.get('last-event-id')).toBe('e.3')
})

test('CLI-5 a snapshot that was requested before the newest poll answer is never applied', async () => {
  const { streams, calls, entities, move, polls } = await connect()
  await pass(70_000)
  const fresh = streams()[1]
  move(2)
  await pass(2_000)
  const before = calls.length
  // The server had not seen p2 yet when it took this.
  fresh?.send(reset + change('p1', 1) + ready('f.1'))
  await pass(0)
  expect(fresh?.isAborted()).toBe(true)
  expect(calls).toHaveLength(before)
  expect([...entities().keys()]).toEqual(['p1', 'p2'])
  const count = polls().length
  await pass(58_000)
  expect(polls().length).toBe(count + 29)
  expect(streams()).toHaveLength(3)
})

test('CLI-5 one that no poll has overtaken is', async () => {
  let isHeld = false
  const { streams, polls, calls } = await connect((attempt) => isHeld && isPoll(attempt))
  await pass(68_500)
  isHeld = true
  await pass(1_500)
  const fresh = streams()[1]
  await pass(5_000)
  expect(polls().at(-1)?.isAborted()).toBe(false)
  fresh?.send(reset + change('q', 1) + ready('f.1'))
  await pass(0)
  expect(polls().at(-1)?.isAborted()).toBe(true)
  expect(calls.slice(-4)).toEqual([['reset'], ['apply', 'q@1'], ['ready'], ['status', 'live']])
})

test.each([
  ['fails', (attempt: Attempt) => attempt.fail()],
  ['is refused', (attempt: Attempt) => attempt.answer(403)],
  ['ends', (attempt: Attempt) => (attempt.open(), attempt.end())],
  ['is over', (attempt: Attempt) => attempt.answer(204)],
])('CLI-5 a fresh stream that %s is nobody else’s business', async (_what, fault) => {
  const { streams, calls, status } = await connect((attempt, index) => {
    if (index === 0 || isPoll(attempt)) return false
    fault(attempt)
    return true
  })
  await pass(70_000)
  const before = calls.length
  await pass(59_999)
  expect(streams()).toHaveLength(2)
  await pass(1)
  expect(streams()).toHaveLength(3)
  expect([calls.length, status()]).toEqual([before, 'live'])
})

test('CLI-5 CLI-2 polls that are refused are failed, no stream is tried, and retry() starts them again', async () => {
  let isRefusing = false
  const { attempts, streams, status, retry } = await connect((attempt) => {
    if (!isRefusing) return false
    attempt.answer(403)
    return true
  })
  await pass(69_000)
  isRefusing = true
  await pass(2_000)
  expect(status()).toBe('failed')
  const before = attempts.length
  await pass(600_000)
  expect(attempts).toHaveLength(before)
  isRefusing = false
  retry()
  await pass(0)
  expect(status()).toBe('live')
  await pass(59_999)
  const tried = streams().length
  await pass(1)
  expect(streams()).toHaveLength(tried + 1)
})

test('CLI-5 a failing stream is not polled around: what is no answer to one is none to the other', async () => {
  const { polls, status } = await connect((attempt) => (attempt.answer(503), true))
  await pass(120_000)
  expect([polls().length, status()]).toEqual([0, 'reconnecting'])
})

test.each([
  ['while it waits for ready', 5_000],
  ['while it polls', 15_000],
  ['while it tries a stream', 75_000],
])('CLI-5 CLI-1 an undo leaves no timer and no listener behind: %s', async (_when, ms) => {
  const page = stubPage()
  page.see('visible')
  const { undo, calls, attempts } = await connect()
  await pass(ms)
  const before = [calls.length, attempts.length]
  undo()
  await pass(600_000)
  expect([page.listeners(), vi.getTimerCount()]).toEqual([0, 0])
  expect([calls.length, attempts.length]).toEqual(before)
})

test('CLI-5 CLI-1 an undo while its code is loaded sends no request', async () => {
  const { fetch, attempts } = scriptedFetch()
  const { sink, calls } = recordingSink()
  createSSETransport('https://example.test/', { fetch, pollFallback: true }).connect(sink)()
  const other = await connect()
  expect(other.attempts).toHaveLength(1)
  expect([attempts, calls]).toEqual([[], [['status', 'connecting']]])
})
