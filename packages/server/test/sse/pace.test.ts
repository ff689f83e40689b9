import { afterEach, beforeEach, describe, expect, vi } from 'vitest'
import { eventsUrl, read, takeStream, test, turn } from '../support/sse-test.ts'

// Not setImmediate, by which a refused write and these tests get to a later turn.
beforeEach(
  () =>
    void vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
    }),
)
afterEach(() => void vi.useRealTimers())

const pass = async (ms: number) => {
  await vi.advanceTimersByTimeAsync(ms)
  await turn()
}

describe('SSE-23 heartbeats', () => {
  test('SSE-23 a silent handler yields a comment each 15 s', async ({ makeSse }) => {
    const body = read(makeSse(() => {}))
    await pass(0)
    expect(body.text()).toBe(':\n\n')
    for (let count = 1; count <= 4; count++) {
      await pass(14_999)
      expect(body.text()).toBe(':\n\n'.repeat(count))
      await pass(1)
      expect(body.text()).toBe(':\n\n'.repeat(count + 1))
    }
    await body.cancel()
  })

  test('SSE-23 only so long after the last byte, and none with heartbeatMs: 0', async ({ makeSse }) => {
    const { handler, stream: taking } = takeStream()
    const body = read(makeSse(handler, { heartbeatMs: 1_000 }))
    const quiet = read(makeSse(() => {}, { heartbeatMs: 0 }))
    const stream = await taking
    await pass(900)
    await stream.write('x')
    await pass(999)
    expect(body.text()).toBe(':\n\ndata: x\n\n')
    await pass(1)
    expect(body.text()).toBe(':\n\ndata: x\n\n:\n\n')
    expect(quiet.text()).toBe(':\n\n')
    await Promise.all([body.cancel(), quiet.cancel()])
  })

  test('SSE-23 none while something waits for the reader, and none after the end', async ({ makeSse }) => {
    const { handler, stream: taking } = takeStream()
    const route = makeSse(handler, { heartbeatMs: 1_000, stallMs: 0 })
    const reader = route(new Request(eventsUrl)).body?.getReader()
    const stream = await taking
    await stream.write('x')
    await pass(5_000)
    const next = async () => new TextDecoder().decode((await reader?.read())?.value)
    expect(await next()).toBe(':\n\ndata: x\n\n')
    await pass(5_000)
    // One waits for the reader by now, and no second one.
    expect(await next()).toBe(':\n\n')
    await stream.write('y')
    stream.close()
    await pass(5_000)
    expect(await next()).toMatch(/^data: y\n\nevent: end\n/)
    expect([(await reader?.read())?.done, vi.getTimerCount()]).toEqual([true, 0])
  })
})

describe('SSE-11a a reader that takes nothing', () => {
  test('SSE-11a a body that nobody reads fails after stallMs, and the stream is "aborted"', async ({
    makeSse,
  }) => {
    const { handler, stream: taking } = takeStream()
    const route = makeSse(handler)
    const response = route(new Request(eventsUrl))
    const stream = await taking
    await stream.write('waits')
    await pass(59_999)
    expect([stream.signal.aborted, route.stats()]).toEqual([false, { open: 1 }])
    await pass(1)
    expect([await stream.closed, stream.signal.aborted, route.stats()]).toEqual([
      'aborted',
      true,
      { open: 0 },
    ])
    await expect(response.text()).rejects.toThrow('took no byte')
    expect([route.errors, vi.getTimerCount()]).toEqual([[], 0])
  })

  test('SSE-11a so does one with nothing but the first comment, and the time runs from the response', async ({
    makeSse,
  }) => {
    await pass(1_000_000)
    const { handler, stream: taking } = takeStream()
    makeSse(handler)(new Request(eventsUrl))
    const stream = await taking
    await pass(59_999)
    expect(stream.signal.aborted).toBe(false)
    await pass(1)
    expect(await stream.closed).toBe('aborted')
  })

  test('SSE-11a SSE-23 a heartbeat that nobody takes is waited for as long as any other byte', async ({
    makeSse,
  }) => {
    const { handler, stream: taking } = takeStream()
    const route = makeSse(handler, { stallMs: 10_000, heartbeatMs: 60_000 })
    const reader = route(new Request(eventsUrl)).body?.getReader()
    const stream = await taking
    await reader?.read()
    await pass(60_000 + 9_999)
    expect(stream.signal.aborted).toBe(false)
    await pass(1)
    expect(await stream.closed).toBe('aborted')
  })

  test('SSE-11a the time runs from the last byte that was taken, and only while bytes wait', async ({
    makeSse,
  }) => {
    const { handler, stream: taking } = takeStream()
    const route = makeSse(handler, { stallMs: 10_000, heartbeatMs: 0 })
    const reader = route(new Request(eventsUrl)).body?.getReader()
    const stream = await taking
    await pass(9_000)
    await reader?.read()
    // Nothing waits: for as long as you like.
    await pass(50_000)
    void stream.write('x'.repeat(200_000))
    for (let n = 0; n < 3; n++) {
      await pass(9_999)
      await reader?.read()
    }
    expect(stream.signal.aborted).toBe(false)
    await pass(9_999)
    expect(stream.signal.aborted).toBe(false)
    await pass(1)
    expect(await stream.closed).toBe('aborted')
  })

  test('SSE-11a a reader that went away between two events is cut from the first byte that waits for it on', async ({
    makeSse,
  }) => {
    const { handler, stream: taking } = takeStream()
    const route = makeSse(handler, { stallMs: 10_000, heartbeatMs: 0 })
    const reader = route(new Request(eventsUrl)).body?.getReader()
    const stream = await taking
    await reader?.read()
    await pass(50_000)
    await stream.write('x')
    await pass(9_999)
    expect(stream.signal.aborted).toBe(false)
    await pass(1)
    expect(await stream.closed).toBe('aborted')
  })

  test.for(['complete', 'shutdown'] as const)(
    'SSE-11a the cut is made after "%s" too, and the word stays',
    async (cause, { makeSse }) => {
      const { handler, stream: taking } = takeStream()
      const route = makeSse(handler, { stallMs: 10_000 })
      const response = route(new Request(eventsUrl))
      const stream = await taking
      await stream.write('waits')
      if (cause === 'complete') stream.close()
      else route.close()
      await pass(9_999)
      expect(route.stats()).toEqual({ open: 1 })
      await pass(1)
      expect([await stream.closed, route.stats(), vi.getTimerCount()]).toEqual([cause, { open: 0 }, 0])
      await expect(response.text()).rejects.toThrow('took no byte')
    },
  )

  test('SSE-11a with stallMs: 0 it waits for ever', async ({ makeSse }) => {
    const { handler, stream: taking } = takeStream()
    const route = makeSse(handler, { stallMs: 0, heartbeatMs: 0 })
    const response = route(new Request(eventsUrl))
    const stream = await taking
    await pass(10_000_000)
    stream.close()
    expect(await response.text()).toContain('"complete"')
  })
})
