import { createSSETransport } from '@crux/core/client'
import { expect, onTestFinished, test, vi } from 'vitest'
import { pass, stopClock } from './fake-clock.ts'
import { recordingSink } from './recording-sink.ts'
import { scriptedFetch, type Attempt } from './scripted-fetch.ts'
import { stubPage } from './stub-page.ts'

stopClock()

const ready = (heartbeatMs: unknown) =>
  `event: crux-sync\nid: e.1\ndata: ${JSON.stringify({ phase: 'ready', heartbeatMs })}\n\n`

function connect(
  onAttempt?: (attempt: Attempt, index: number) => void,
  options: Parameters<typeof createSSETransport>[1] = {},
) {
  const script = scriptedFetch(onAttempt)
  const record = recordingSink()
  const transport = createSSETransport('https://example.test/crux', { fetch: script.fetch, ...options })
  const undo = transport.connect(record.sink)
  onTestFinished(undo)
  return { ...script, ...record, undo, retry: () => transport.retry?.(record.sink) }
}

test('CLI-1 silence is 37.5 s from the opening, then 2.5 times the heartbeat that ready tells', async () => {
  const { attempts, last, calls } = connect()
  await pass(600_000)
  last().open()
  await pass(37_499)
  expect(attempts).toHaveLength(1)
  await pass(1)
  expect(calls.at(-1)).toEqual(['status', 'reconnecting', 'idle-timeout'])
  await pass(250)
  last().open()
  last().send(ready(1_000))
  await pass(2_499)
  expect(attempts).toHaveLength(2)
  await pass(1)
  expect(attempts[1]?.isAborted()).toBe(true)
})

test('CLI-1 a heartbeat keeps the connection', async () => {
  const { attempts, last } = connect((attempt) => attempt.open())
  await pass(0)
  last().send(ready(1_000))
  for (let beat = 0; beat < 20; beat++) {
    await pass(1_000)
    last().send(':\n\n')
  }
  expect(attempts).toHaveLength(1)
})

test.each([
  [0, undefined],
  [10, 100],
  [10_000_000, 600_000],
  [-5, 37_500],
  ['soon', 37_500],
])('CLI-1 a told heartbeat of %j gives a limit of %s ms', async (heartbeatMs, limitMs) => {
  const { attempts, last } = connect((attempt) => attempt.open())
  await pass(0)
  last().send(ready(heartbeatMs))
  await pass(limitMs === undefined ? 86_400_000 : limitMs - 1)
  expect(attempts[0]?.isAborted()).toBe(false)
  await pass(1)
  expect(attempts[0]?.isAborted()).toBe(limitMs !== undefined)
})

test.each([
  [2_000, 2_000],
  [1, 100],
  [10_000_000, 600_000],
])(
  'CLI-1 idleTimeoutMs %i counts from the start of an attempt, as %i ms, whatever the server tells',
  async (idleTimeoutMs, limitMs) => {
    const unanswered = connect(undefined, { idleTimeoutMs })
    await pass(limitMs - 1)
    expect(unanswered.attempts[0]?.isAborted()).toBe(false)
    await pass(1)
    expect(unanswered.attempts[0]?.isAborted()).toBe(true)
    unanswered.undo()
    const told = connect((attempt) => attempt.open(), { idleTimeoutMs })
    await pass(0)
    told.last().send(ready(1_000))
    await pass(limitMs - 1)
    expect(told.attempts[0]?.isAborted()).toBe(false)
    await pass(1)
    expect(told.attempts[0]?.isAborted()).toBe(true)
  },
)

test('CLI-1 idleTimeoutMs 0 never cuts', async () => {
  const { attempts, last } = connect((attempt) => attempt.open(), { idleTimeoutMs: 0 })
  await pass(0)
  last().send(ready(15_000))
  await pass(86_400_000)
  expect(attempts).toHaveLength(1)
})

test('CLI-1 a wake-up replaces a connection that was silent for 1.5 heartbeats, and leaves a healthy one alone', async () => {
  const page = stubPage()
  const { attempts, last, calls } = connect((attempt) => attempt.open(), { idleTimeoutMs: 0 })
  await pass(0)
  last().send(ready(10_000))
  await pass(15_000)
  page.online()
  page.see('visible')
  await pass(5_000)
  expect(attempts).toHaveLength(1)
  page.online()
  await pass(0)
  expect(attempts).toHaveLength(2)
  expect(attempts[0]?.isAborted()).toBe(true)
  expect(attempts[1]?.headers.get('last-event-id')).toBe('e.1')
  expect(calls.at(-1)).toEqual(['status', 'reconnecting', 'idle-timeout'])
})

test('CLI-1 also one whose machine slept, while its timers stood still', async () => {
  const page = stubPage()
  const { attempts, last } = connect((attempt) => attempt.open())
  await pass(0)
  last().send(ready(10_000))
  await pass(1_000)
  vi.setSystemTime(Date.now() + 3_600_000)
  page.see('visible')
  await pass(0)
  expect(attempts).toHaveLength(2)
})

test('CLI-1 and an attempt that nobody answers', async () => {
  const page = stubPage()
  const { attempts } = connect()
  await pass(22_500)
  page.online()
  await pass(0)
  expect(attempts).toHaveLength(1)
  await pass(1)
  page.online()
  await pass(0)
  expect(attempts).toHaveLength(2)
})

test('CLI-1 a wake-up ends the wait, at the earliest 1 s after the last attempt began and after Retry-After', async () => {
  const page = stubPage()
  const { attempts } = connect(
    (attempt, index) => (index === 0 ? attempt.fail() : attempt.answer(503, { 'retry-after': '5' })),
    { backoff: { baseMs: 60_000, maxMs: 60_000 } },
  )
  await pass(100)
  page.online()
  await pass(899)
  expect(attempts).toHaveLength(1)
  await pass(1)
  expect(attempts).toHaveLength(2)
  page.see('visible')
  await pass(4_999)
  expect(attempts).toHaveLength(2)
  await pass(1)
  expect(attempts).toHaveLength(3)
})

test('CLI-1 retry() replaces a connection that was silent for 1.5 heartbeats at once, and leaves a healthy one alone', async () => {
  const { attempts, last, retry } = connect((attempt) => attempt.open())
  await pass(0)
  last().send(ready(15_000))
  await pass(22_500)
  retry()
  await pass(0)
  expect(attempts).toHaveLength(1)
  await pass(1)
  retry()
  await pass(0)
  expect(attempts).toHaveLength(2)
})

test('CLI-1 a server that accepts and closes is not hammered', async () => {
  const { attempts } = connect((attempt) => {
    attempt.open()
    attempt.send(ready(15_000))
    attempt.end()
  })
  await pass(120_000)
  expect(attempts.length).toBeLessThan(15)
})

test.each([
  ['while it waits', (attempt: Attempt) => attempt.fail()],
  ['while it is open', (attempt: Attempt) => attempt.open()],
  ['while nobody answers', () => {}],
])('CLI-1 an undo leaves no timer and no listener behind: %s', async (_when, onAttempt) => {
  const page = stubPage()
  const { undo, calls } = connect(onAttempt, { idleTimeoutMs: 60_000 })
  await pass(10)
  expect(page.listeners()).toBe(2)
  expect(vi.getTimerCount()).toBe(1)
  const before = calls.length
  undo()
  await pass(600_000)
  expect(page.listeners()).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
  expect(calls).toHaveLength(before)
})
