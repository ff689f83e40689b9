import { openEventStream } from '@crux/core/client'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { pass, stopClock } from './fake-clock.ts'
import { scriptedFetch, type Attempt } from './scripted-fetch.ts'
import { stubPage } from './stub-page.ts'

stopClock()

function follow(
  onAttempt?: (attempt: Attempt, index: number) => void,
  options: Parameters<typeof openEventStream>[1] = {},
) {
  const script = scriptedFetch(onAttempt)
  const stream = openEventStream('https://example.test/events', { fetch: script.fetch, ...options })
  onTestFinished(() => stream.close())
  return { stream, ...script }
}

/** The waits between attempts, in ms, when each attempt does this. */
async function waits(onAttempt: (attempt: Attempt, index: number) => void, forMs: number, options = {}) {
  const { attempts, stream } = follow(onAttempt, options)
  await pass(forMs)
  stream.close()
  return attempts.slice(1).map(({ at }, index) => at - (attempts[index]?.at ?? 0))
}

const acceptThenClose = (attempt: Attempt) => {
  attempt.open()
  attempt.end()
}

describe('SSE-39 the waits', () => {
  test('SSE-39 (A9) a server that accepts and closes is not hammered: the waits double up to 30 s', async () => {
    expect(await waits(acceptThenClose, 120_000)).toEqual([
      250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000, 15_000, 15_000, 15_000,
    ])
  })

  test('SSE-39 the jitter is full: from nothing to the ceiling', async () => {
    vi.mocked(Math.random).mockReturnValueOnce(0).mockReturnValueOnce(0.999)
    const [first, second] = await waits((attempt) => attempt.fail(), 5_000)
    expect(first).toBeLessThan(2)
    expect(second).toBeCloseTo(999, 0)
  })

  test('SSE-39 backoff says base and ceiling', async () => {
    expect(await waits((attempt) => attempt.fail(), 1_000, { backoff: { baseMs: 100, maxMs: 300 } })).toEqual(
      [50, 100, 150, 150, 150, 150, 150],
    )
  })

  test('SSE-39 no backoff at all still waits for what the server said', async () => {
    const onAttempt = (attempt: Attempt) => {
      attempt.open()
      attempt.send('retry: 100\n\n')
      attempt.end()
    }
    const distances = await waits(onAttempt, 300_000, { backoff: { baseMs: 0 } })
    expect(new Set(distances)).toEqual(new Set([100]))
    expect(distances.length).toBeGreaterThan(1_024)
  })

  test('SSE-39 a wait longer than a timer can be does not end at once', async () => {
    vi.mocked(Math.random).mockReturnValue(1)
    const { attempts } = follow((attempt) => attempt.fail(), { backoff: { baseMs: 2 ** 40, maxMs: 2 ** 40 } })
    await pass(86_400_000)
    expect(attempts).toHaveLength(1)
  })

  test("SSE-39 the server's retry comes on top, and stays until it says another", async () => {
    const onAttempt = (attempt: Attempt, index: number) => {
      attempt.open()
      if (index === 0) attempt.send('retry: 2000\n\n')
      attempt.end()
    }
    expect(await waits(onAttempt, 6_000)).toEqual([2_250, 2_500])
  })

  test.each([
    ['0', 50],
    ['1', 50],
    ['999999999999999999999999', 600_000],
  ])('SSE-39 retry: %s counts as %i ms', async (retry, expected) => {
    const [wait] = await waits((attempt) => {
      attempt.open()
      attempt.send(`retry: ${retry}\n\n`)
      attempt.end()
    }, 700_000)
    expect(wait).toBe(expected + 250)
  })

  test.each([
    ['3', 3_000],
    [() => new Date(Date.now() + 60_000).toUTCString(), 60_000],
    [() => new Date(Date.now() - 60_000).toUTCString(), 0],
    ['86400', 600_000],
    ['soon', 0],
    ['-5', 0],
  ])('SSE-39 Retry-After %s waits %i ms more', async (header, expected) => {
    vi.setSystemTime(new Date('2030-01-01T00:00:00Z'))
    const [wait] = await waits(
      (attempt) => attempt.answer(503, { 'retry-after': typeof header === 'string' ? header : header() }),
      700_000,
    )
    expect(wait).toBe(expected + 250)
  })

  test('SSE-39 of retry and Retry-After the longer one counts', async () => {
    const distances = await waits((attempt, index) => {
      if (index > 0) return attempt.answer(503, { 'retry-after': index === 1 ? '3' : '1' })
      attempt.open()
      attempt.send('retry: 2000\n\n')
      attempt.end()
    }, 10_000)
    expect(distances).toEqual([2_250, 3_500, 3_000])
  })

  test('SSE-39 an attempt that hung for long was not healthy', async () => {
    expect(await waits((attempt) => void setTimeout(attempt.fail, 15_000), 50_000)).toEqual([
      15_250, 15_500, 16_000,
    ])
  })

  test('SSE-39 ten seconds of health begin the waits anew; opening alone does not', async () => {
    const lasts = [1, 1, 9_999, 10_000, 1]
    const distances = await waits((attempt, index) => {
      attempt.open()
      setTimeout(attempt.end, lasts[index] ?? 60_000)
    }, 60_000)
    expect(distances).toEqual([251, 501, 9_999 + 1_000, 10_000 + 250, 501])
  })
})

describe('SSE-39 wake-ups', () => {
  test('SSE-39 online ends the wait', async () => {
    const page = stubPage()
    const { attempts } = follow((attempt) => attempt.fail(), { backoff: { baseMs: 60_000 } })
    await pass(5_000)
    expect(attempts).toHaveLength(1)
    page.online()
    await pass(0)
    expect(attempts).toHaveLength(2)
  })

  test('SSE-39 so does a page that becomes visible, but not one that is hidden', async () => {
    const page = stubPage()
    const { attempts } = follow((attempt) => attempt.fail(), { backoff: { baseMs: 60_000 } })
    await pass(5_000)
    page.see('hidden')
    await pass(100)
    expect(attempts).toHaveLength(1)
    page.see('visible')
    await pass(0)
    expect(attempts).toHaveLength(2)
  })

  test('SSE-39 an event that comes too early takes effect 1 s after the last attempt began', async () => {
    const page = stubPage()
    const { attempts } = follow((attempt) => attempt.fail(), { backoff: { baseMs: 60_000 } })
    await pass(300)
    page.online()
    await pass(699)
    expect(attempts).toHaveLength(1)
    await pass(1)
    expect(attempts).toHaveLength(2)
  })

  test('SSE-39 that time runs from the beginning of the attempt, and not from its end', async () => {
    const page = stubPage()
    const { attempts } = follow((attempt) => void setTimeout(attempt.fail, 800), {
      backoff: { baseMs: 60_000 },
    })
    await pass(900)
    page.online()
    await pass(99)
    expect(attempts).toHaveLength(1)
    await pass(1)
    expect(attempts).toHaveLength(2)
  })

  test('SSE-39 and not before Retry-After is over', async () => {
    const page = stubPage()
    const { attempts } = follow((attempt) => attempt.answer(429, { 'retry-after': '20' }), {
      backoff: { baseMs: 60_000 },
    })
    await pass(5_000)
    page.online()
    await pass(14_999)
    expect(attempts).toHaveLength(1)
    await pass(1)
    expect(attempts).toHaveLength(2)
  })

  test('SSE-39 it never makes a wait longer', async () => {
    const page = stubPage()
    const { attempts } = follow((attempt) => attempt.fail(), { backoff: { baseMs: 200 } })
    await pass(50)
    page.online()
    await pass(50)
    expect(attempts).toHaveLength(2)
  })

  test('a connection that is open is left alone', async () => {
    const page = stubPage()
    const { attempts } = follow((attempt) => attempt.open())
    await pass(3_600_000)
    page.online()
    page.see('visible')
    await pass(5_000)
    expect(attempts).toHaveLength(1)
    expect(attempts[0]?.isAborted()).toBe(false)
  })

  test.each([
    ['while it waits', (attempt: Attempt) => attempt.fail()],
    ['while it is open', (attempt: Attempt) => attempt.open()],
    ['while nobody answers', () => {}],
  ])('a close leaves no timer and no listener behind: %s', async (_when, onAttempt) => {
    const page = stubPage()
    const { stream } = follow(onAttempt, { idleTimeoutMs: 600_000 })
    await pass(10)
    expect(page.listeners()).toBe(2)
    expect(vi.getTimerCount()).toBe(1)
    stream.close()
    await pass(0)
    expect(page.listeners()).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  test.each([
    ['an end', (attempt: Attempt) => attempt.answer(204), 'ended'],
    ['a fatal answer', (attempt: Attempt) => attempt.answer(404), 'failed'],
  ])('%s leaves no timer and no listener behind', async (_what, onAttempt, final) => {
    const page = stubPage()
    const signal = new AbortController().signal
    const removed = vi.spyOn(signal, 'removeEventListener')
    const { stream } = follow(onAttempt, { idleTimeoutMs: 1_000, signal })
    expect(await stream.closed).toBe(final)
    expect(page.listeners()).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
    expect(removed.mock.calls).toHaveLength(1)
  })
})

describe('SSE-41 silence', () => {
  test('SSE-41 a number is armed at the start of an attempt and counts as a network failure', async () => {
    const { attempts, stream } = follow(() => {}, { idleTimeoutMs: 2_000 })
    await pass(1_999)
    expect(attempts[0]?.isAborted()).toBe(false)
    await pass(1)
    expect(attempts[0]?.isAborted()).toBe(true)
    expect(stream.getState()).toMatchObject({ status: 'reconnecting', error: { code: 'idle-timeout' } })
    await pass(250)
    expect(attempts).toHaveLength(2)
  })

  test('SSE-41 a header function that never answers is silence too', async () => {
    const { attempts, stream } = follow(() => {}, {
      idleTimeoutMs: 2_000,
      headers: () => new Promise(() => {}),
    })
    await pass(2_000)
    expect(stream.getState().error?.code).toBe('idle-timeout')
    expect(attempts).toHaveLength(0)
  })

  test('SSE-41 each byte begins it anew', async () => {
    const { attempts, last } = follow((attempt) => attempt.open(), { idleTimeoutMs: 2_000 })
    for (let byte = 0; byte < 5; byte++) {
      await pass(1_900)
      last().send('d')
    }
    await pass(1_999)
    expect(attempts[0]?.isAborted()).toBe(false)
    await pass(1)
    expect(attempts[0]?.isAborted()).toBe(true)
  })

  test('SSE-41 a function is asked at the opening and after each byte; 0 turns it off', async () => {
    let limitMs = 1_000
    const idleTimeoutMs = vi.fn<() => number>(() => limitMs)
    const { attempts, last } = follow(undefined, { idleTimeoutMs })
    await pass(60_000)
    expect(idleTimeoutMs.mock.calls).toHaveLength(0)
    last().open()
    await pass(999)
    limitMs = 0
    last().send(':\n')
    await pass(3_600_000)
    expect(idleTimeoutMs.mock.calls).toHaveLength(2)
    expect(attempts[0]?.isAborted()).toBe(false)
    limitMs = 50
    last().send(':\n')
    await pass(50)
    expect(attempts[0]?.isAborted()).toBe(true)
  })

  test('SSE-41 a limit that becomes shorter is kept at once', async () => {
    let limitMs = 100_000
    const { attempts, last } = follow((attempt) => attempt.open(), { idleTimeoutMs: () => limitMs })
    await pass(10)
    limitMs = 200
    last().send(':\n')
    await pass(200)
    expect(attempts[0]?.isAborted()).toBe(true)
  })

  test('SSE-41 (A8) a server without comments is never cut, nor one that only greets', async () => {
    const { attempts, last } = follow((attempt) => attempt.open())
    await pass(86_400_000)
    last().send(': hello\n: again\n\ndata: x\n\n')
    await pass(86_400_000)
    expect(attempts).toHaveLength(1)
    expect(attempts[0]?.isAborted()).toBe(false)
  })

  test('SSE-41 (A8) after two comments a dead connection is noticed after 2.5 distances, at least 37.5 s', async () => {
    for (const [distanceMs, limitMs] of [
      [20_000, 50_000],
      [5_000, 37_500],
    ] as const) {
      const { attempts, last } = follow((attempt) => attempt.open())
      await pass(100)
      last().send(':\n\n')
      await pass(distanceMs)
      last().send(':\n\n')
      await pass(limitMs - 1)
      expect(attempts).toHaveLength(1)
      await pass(1)
      expect(attempts[0]?.isAborted()).toBe(true)
    }
  })

  test('SSE-41 the shortest distance counts, and each connection learns its own', async () => {
    const { attempts, last } = follow((attempt) => attempt.open())
    for (const distanceMs of [100, 30_000, 20_000, 60]) {
      await pass(distanceMs)
      last().send(':\n\n')
    }
    await pass(49_999)
    expect(attempts).toHaveLength(1)
    await pass(1 + 250)
    expect(attempts).toHaveLength(2)
    await pass(3_600_000)
    expect(attempts).toHaveLength(2)
  })

  test('SSE-41 0 turns it off', async () => {
    const { attempts } = follow(() => {}, { idleTimeoutMs: 0 })
    await pass(86_400_000)
    expect(attempts).toHaveLength(1)
  })
})

/** A `fetch` that does not look at its signal: what the connection itself lets go of is seen. */
function deafFetch() {
  const cancelled: Response[] = []
  const answers: ((response: Response) => void)[] = []
  return {
    fetch: () => new Promise<Response>((resolve) => void answers.push(resolve)),
    attempts: () => answers.length,
    cancelled: () => cancelled.length,
    /** Answers the newest attempt, with a body that does not end. */
    answer: (init: ResponseInit = { headers: { 'content-type': 'text/event-stream' } }) => {
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('data: a\n\ndata: b\n\n')),
        cancel: () => void cancelled.push(response),
      })
      const response = new Response(body, init)
      answers.at(-1)?.(response)
    },
  }
}

describe('SSE-37 what is left is let go of, whatever fetch does', () => {
  const url = 'https://example.test/'

  test('an answer that comes after its attempt was left', async () => {
    const { fetch, answer, cancelled } = deafFetch()
    const heard = vi.fn<() => void>()
    const stream = openEventStream(url, { fetch, idleTimeoutMs: 1_000, onEvent: heard, onOpen: heard })
    await pass(1_000)
    expect(stream.getState().status).toBe('reconnecting')
    answer()
    await pass(0)
    expect([cancelled(), stream.getState().status]).toEqual([1, 'reconnecting'])
    expect(heard).not.toHaveBeenCalled()
    stream.close()
  })

  test.each([
    ['a fatal status', { status: 404 }, 'failed'],
    ['a passing status', { status: 503 }, 'reconnecting'],
    ['a page', { headers: { 'content-type': 'text/html' } }, 'failed'],
  ])('the body of %s', async (_what, init, status) => {
    const { fetch, answer, cancelled } = deafFetch()
    const stream = openEventStream(url, { fetch })
    await pass(0)
    answer(init)
    await pass(0)
    expect([cancelled(), stream.getState().status]).toEqual([1, status])
    stream.close()
  })

  test.each(['onOpen', 'onEvent', 'afterwards'])('an open stream that is closed: %s', async (when) => {
    const { fetch, answer, cancelled, attempts } = deafFetch()
    const received: string[] = []
    const stream = openEventStream(url, {
      fetch,
      idleTimeoutMs: 60_000,
      onOpen: () => when === 'onOpen' && stream.close(),
      onEvent: ({ data }) => {
        received.push(data)
        if (when === 'onEvent') stream.close()
      },
    })
    await pass(0)
    answer()
    await pass(0)
    if (when === 'afterwards') stream.close()
    await pass(0)
    expect(received).toEqual({ onOpen: [], onEvent: ['a'], afterwards: ['a', 'b'] }[when])
    expect([cancelled(), vi.getTimerCount()]).toEqual([1, 0])
    await pass(3_600_000)
    expect([attempts(), stream.getState().status]).toEqual([1, 'idle'])
  })

  test('SSE-36 one that is closed while its headers are made asks for nothing', async () => {
    const { fetch, attempts } = deafFetch()
    let give = (_headers: HeadersInit) => {}
    const headers = vi.fn<() => Promise<HeadersInit>>(() => new Promise((resolve) => (give = resolve)))
    openEventStream(url, { fetch, headers }).close()
    await pass(0)
    expect(headers).not.toHaveBeenCalled()
    const stream = openEventStream(url, { fetch, headers })
    await pass(0)
    expect(headers).toHaveBeenCalledOnce()
    stream.close()
    give({})
    await pass(0)
    expect(attempts()).toBe(0)
  })
})
