import { createPollingTransport } from '@crux/core/client'
import { expect, onTestFinished, test, vi } from 'vitest'
import { pass, stopClock } from './fake-clock.ts'
import { recordingSink } from './recording-sink.ts'
import { scriptedFetch, type Attempt } from './scripted-fetch.ts'
import { stubPage } from './stub-page.ts'

stopClock()

/** Answers a poll. */
function answer(attempt: Attempt, fields: object = {}) {
  attempt.open({ 'content-type': 'application/json' })
  attempt.send(JSON.stringify({ cursor: 'e.1', reset: false, changes: [], retryAfterMs: 1_000, ...fields }))
  attempt.end()
}

const snapshot = {
  reset: true,
  changes: [{ entity: 'plan', key: 'a', value: {}, event: 'updated', revision: 1 }],
}

function connect(
  onAttempt?: (attempt: Attempt, index: number) => void,
  options: Parameters<typeof createPollingTransport>[1] = {},
) {
  const script = scriptedFetch(onAttempt)
  const record = recordingSink()
  const transport = createPollingTransport('https://example.test/crux', { fetch: script.fetch, ...options })
  const undo = transport.connect(record.sink)
  onTestFinished(undo)
  return {
    ...script,
    ...record,
    undo,
    retry: () => transport.retry?.(record.sink),
    times: () => script.attempts.map(({ at }) => at - (script.attempts[0]?.at ?? 0)),
  }
}

test('CLI-6 the first poll leaves at once, the next 2 s after its answer, and there are never two', async () => {
  const { attempts, last, times } = connect()
  await pass(0)
  expect(attempts).toHaveLength(1)
  await pass(5_000)
  expect(attempts).toHaveLength(1)
  answer(last(), snapshot)
  await pass(1_999)
  expect(attempts).toHaveLength(1)
  await pass(1)
  expect(times()).toEqual([0, 7_000])
})

test.each([
  [300, 1_000, 1_000],
  [3_000, 1_000, 3_000],
  [3_000, 'soon', 3_000],
  [3_000, -5, 3_000],
  [1_000, 10 ** 9, 600_000],
])(
  'CLI-6 with intervalMs %i and retryAfterMs %j the next poll follows after %i ms',
  async (intervalMs, retryAfterMs, ms) => {
    const { attempts } = connect((attempt) => answer(attempt, { ...snapshot, retryAfterMs }), { intervalMs })
    await pass(ms - 1)
    expect(attempts).toHaveLength(1)
    await pass(1)
    expect(attempts).toHaveLength(2)
  },
)

test('CLI-6 with waitMs the next poll follows at once, whatever the server asks for', async () => {
  const { attempts, last, times } = connect((attempt, index) => index === 0 && answer(attempt, snapshot), {
    waitMs: 20_000,
  })
  await pass(1)
  expect(attempts).toHaveLength(2)
  await pass(19_999)
  answer(last(), { cursor: 'e.2' })
  await pass(10)
  answer(last(), { cursor: 'e.3', changes: snapshot.changes })
  await pass(10)
  expect(times()).toEqual([0, 0, 20_000, 20_010])
})

test('CLI-6 a server that does not hold polls is not asked without a pause', async () => {
  const { attempts } = connect((attempt, index) => answer(attempt, index === 0 ? snapshot : {}), {
    waitMs: 20_000,
  })
  await pass(60_000)
  expect(attempts.length).toBeLessThanOrEqual(32)
  expect(attempts.length).toBeGreaterThan(25)
})

test('CLI-6 SSE-39 failures are waited out with backoff, which ten good seconds reset', async () => {
  const failing = new Set([1, 2, 3, 4, 12])
  const { times } = connect((attempt, index) => {
    if (failing.has(index)) attempt.fail()
    else answer(attempt, index === 0 ? snapshot : {})
  })
  await pass(30_000)
  const distances = times().map((at, index, all) => at - (all[index - 1] ?? 0))
  // 1 s that the server asked for, and half of 500 ms, 1 s, 2 s, 4 s.
  expect(distances.slice(1, 6)).toEqual([2_000, 1_250, 1_500, 2_000, 3_000])
  expect(distances.slice(6, 13)).toEqual(Array(7).fill(2_000))
  expect(distances[13]).toBe(1_250)
})

test('CLI-6 SSE-39 good answers that failures interrupt within ten seconds do not reset it', async () => {
  const { times } = connect((attempt, index) => {
    if (index % 2 === 1) attempt.fail()
    else answer(attempt, { ...snapshot, retryAfterMs: 0 })
  })
  await pass(60_000)
  const afterFailures = times()
    .map((at, index, all) => at - (all[index - 1] ?? 0))
    .filter((_distance, index) => index > 0 && index % 2 === 0)
  expect(afterFailures.slice(0, 5)).toEqual([300, 550, 1_050, 2_050, 4_050])
})

test('CLI-6 SSE-39 Retry-After is waited for, also by a wake-up', async () => {
  const page = stubPage()
  page.see('visible')
  const { attempts } = connect(
    (attempt, index) => index === 0 && attempt.answer(503, { 'retry-after': '5' }),
    { backoff: { baseMs: 60_000, maxMs: 60_000 } },
  )
  await pass(100)
  page.online()
  await pass(4_899)
  expect(attempts).toHaveLength(1)
  await pass(1)
  expect(attempts).toHaveLength(2)
})

test('CLI-6 a poll that nobody answers is given up after 37.5 s beyond the time it may be held', async () => {
  const plain = connect()
  await pass(37_500)
  expect(plain.calls.at(-1)).toEqual(['status', 'reconnecting', 'idle-timeout'])
  expect(plain.attempts[0]?.isAborted()).toBe(true)
  const long = connect(undefined, { waitMs: 20_000 })
  await pass(57_499)
  expect(long.attempts).toHaveLength(1)
  await pass(1)
  expect(long.calls.at(-1)).toEqual(['status', 'reconnecting', 'idle-timeout'])
})

test('CLI-6 a large answer over a slow network has the time it needs', async () => {
  const { attempts, last, calls } = connect()
  await pass(0)
  last().open({ 'content-type': 'application/json; charset=utf-8' })
  const text = JSON.stringify({ cursor: 'e.1', retryAfterMs: 1, ...snapshot })
  for (const character of text) {
    last().send(character)
    await pass(30_000)
  }
  last().end()
  await pass(0)
  expect(attempts).toHaveLength(1)
  expect(calls.slice(1)).toEqual([['reset'], ['apply', 'a@1'], ['ready'], ['status', 'live']])
})

test('CLI-6 D12 an answer without an end is given up, and not asked for again', async () => {
  const { attempts, last, calls } = connect()
  await pass(0)
  last().open({ 'content-type': 'application/json' })
  const piece = new Uint8Array(2 ** 24).fill(32)
  for (let sent = 0; sent <= 8; sent += 1) {
    last().send(piece)
    await pass(0)
  }
  expect(calls.at(-1)).toEqual(['status', 'failed', 'event-too-large'])
  await pass(600_000)
  expect(attempts).toHaveLength(1)
})

test('CLI-6 a hidden page polls once, and then not until it is seen', async () => {
  const page = stubPage()
  const { attempts, last, status } = connect((attempt) => answer(attempt, snapshot))
  await pass(600_000)
  expect([attempts.length, status()]).toEqual([1, 'live'])
  page.online()
  await pass(10_000)
  expect(attempts).toHaveLength(1)
  page.see('visible')
  await pass(0)
  expect(attempts).toHaveLength(2)
  expect(last().url).toBe('https://example.test/crux?after=e.1')
  await pass(2_000)
  expect(attempts).toHaveLength(3)
})

test('CLI-6 a page that is hidden while a poll is held asks for no other, nor after a failure', async () => {
  const page = stubPage()
  page.see('visible')
  const { attempts, last } = connect((attempt, index) => index === 0 && answer(attempt, snapshot), {
    waitMs: 20_000,
  })
  await pass(1)
  expect(attempts).toHaveLength(2)
  page.see('hidden')
  last().fail()
  await pass(600_000)
  expect(attempts).toHaveLength(2)
  page.see('visible')
  await pass(0)
  expect(attempts).toHaveLength(3)
})

test('CLI-6 a page that is seen again polls at once, at the earliest 1 s after the last', async () => {
  const page = stubPage()
  page.see('visible')
  const { times } = connect((attempt) => answer(attempt, { ...snapshot, retryAfterMs: 0 }), {
    intervalMs: 60_000,
  })
  await pass(100)
  page.see('hidden')
  page.see('visible')
  await pass(20_000)
  page.see('hidden')
  page.see('visible')
  await pass(0)
  expect(times()).toEqual([0, 1_000, 20_100])
})

test('CLI-6 and not before the server wants to hear from it again', async () => {
  const page = stubPage()
  page.see('visible')
  const { times } = connect((attempt) => answer(attempt, { ...snapshot, retryAfterMs: 5_000 }), {
    intervalMs: 60_000,
  })
  await pass(100)
  page.online()
  await pass(10_000)
  expect(times()).toEqual([0, 5_000])
})

test('CLI-6 a poll that was under way while the machine slept is replaced when the page is seen', async () => {
  const page = stubPage()
  const { attempts } = connect()
  await pass(1_000)
  vi.setSystemTime(Date.now() + 3_600_000)
  page.see('visible')
  await pass(0)
  expect(attempts).toHaveLength(2)
  expect(attempts[0]?.isAborted()).toBe(true)
})

test.each([
  ['between polls', (attempt: Attempt) => answer(attempt, snapshot)],
  ['after a failure', (attempt: Attempt) => attempt.fail()],
  ['while nobody answers', () => {}],
])('CLI-6 an undo leaves no timer and no listener behind: %s', async (_when, onAttempt) => {
  const page = stubPage()
  page.see('visible')
  const { undo, calls } = connect(onAttempt)
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
