import { EventEmitter } from 'node:events'
import { sse, toNodeHandler, type NodeResponse, type SseStream } from '@crux/server'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { takeStream, turn } from '../support/sse-test.ts'

/** A response of Node that holds what it is given until the test says that the client has taken it. */
function createHeldResponse() {
  const events = new EventEmitter()
  const state = { headersSent: false, writableEnded: false, writableLength: 0, destroyed: false }
  const res: NodeResponse = Object.assign(state, {
    statusCode: 200,
    setHeader: () => {},
    getHeader: () => undefined,
    writeHead: () => void (state.headersSent = true),
    write: (bytes: Uint8Array) => {
      state.writableLength += bytes.length
      return state.writableLength < 65_536
    },
    end: () => void (state.writableEnded = true),
    destroy: () => {
      state.destroyed = true
      events.emit('close')
    },
    on: events.on.bind(events),
    off: events.off.bind(events),
  })
  return {
    res,
    take: (bytes: number) => {
      state.writableLength -= bytes
    },
    finish: () => events.emit('close'),
  }
}

const fakeTimers = () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
}
const pass = async (ms: number) => {
  await vi.advanceTimersByTimeAsync(ms)
  await turn()
}

/** A stream whose client has taken the first comment, and nothing of the 50,000 bytes after it, which have room in its buffer. */
async function begin(stallMs: number | undefined) {
  const { handler, stream: taking } = takeStream()
  const route = sse(handler, { stallMs, heartbeatMs: 0, onError: () => {} })
  onTestFinished(() => route.close())
  const held = createHeldResponse()
  const ignored = () => {}
  const req = {
    url: '/events',
    headers: { host: 'test.local' },
    on: ignored,
    off: ignored,
    pause: ignored,
    resume: ignored,
  }
  toNodeHandler(route)(req, held.res)
  const stream: SseStream = await taking
  held.take(held.res.writableLength)
  void stream.write('x'.repeat(50_000))
  return { ...held, stream }
}

describe('SSE-11a bytes that leave the buffer of a response, which says nothing before it is empty', () => {
  test('SSE-11a count as taken while the stream is open', async () => {
    fakeTimers()
    const { res, stream, take } = await begin(10_000)
    for (let n = 0; n < 5; n++) {
      await pass(9_000)
      expect(stream.signal.aborted).toBe(false)
      take(1_000)
    }
    await pass(9_000)
    expect([stream.signal.aborted, res.destroyed]).toEqual([false, false])
    await pass(4_000)
    expect([await stream.closed, res.destroyed, vi.getTimerCount()]).toEqual(['aborted', true, 0])
  })

  test('SSE-11a count as taken after its end', async () => {
    fakeTimers()
    const { res, stream, take } = await begin(10_000)
    stream.close()
    expect([await stream.closed, res.writableEnded]).toEqual(['complete', true])
    for (let n = 0; n < 5; n++) {
      await pass(9_000)
      expect(res.destroyed).toBe(false)
      take(1_000)
    }
    await pass(9_000)
    expect(res.destroyed).toBe(false)
    await pass(4_000)
    expect([res.destroyed, vi.getTimerCount()]).toEqual([true, 0])
  })

  test('SSE-11a are waited for no longer once the response is done, and for ever with stallMs: 0', async () => {
    fakeTimers()
    const { stream, finish } = await begin(10_000)
    stream.close()
    finish()
    expect(vi.getTimerCount()).toBe(0)
    const patient = await begin(0)
    patient.stream.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('SSE-11a do not keep the process alive after the end either', async () => {
    const { stream } = await begin(10_000)
    const timers = vi.spyOn(globalThis, 'setInterval')
    onTestFinished(() => timers.mockRestore())
    stream.close()
    expect(timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([false])
  })
})
