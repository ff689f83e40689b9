import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, vi } from 'vitest'
import { follow, test } from '../support/live-test.ts'
import { partsOf, type FrameReader } from '../support/read-frames.ts'
import { listChange, taskChange, type Change } from '../support/writer.ts'

// Time is the subject here: it stands still unless a test lets it go on.
beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'],
  })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Lets everything happen that happens without time. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await setImmediate()
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms)
  await settle()
}

/** What came since the last time one looked: `key=progress` of each change. */
function look(stream: FrameReader): () => string[] {
  let seen = 0
  return () => {
    const fresh = partsOf(stream.frames.slice(seen)).map(({ key, value, event }) => {
      const shown = value['progress'] ?? value['percent'] ?? value['status']
      return event === 'completed' ? `${key} completed` : `${key}=${String(shown)}`
    })
    seen = stream.frames.length
    return fresh
  }
}

const running = (id: string, fields = {}): Change =>
  taskChange('l', id, { status: 'in_progress', startedAt: 1, ...fields })

describe('LIVE-17a the sending window', () => {
  test('LIVE-17a the first change after quiet leaves at once, those of the next 4 ms together', async ({
    makeHandler,
    write,
  }) => {
    const stream = await follow(makeHandler({ progressWindowMs: 0 }))
    await settle()
    const pieces = stream.pieces()
    await write.plan('a')
    await settle()
    expect(stream.pieces()).toBe(pieces + 1)
    for (const key of ['b', 'c', 'd']) {
      await write.plan(key)
      await settle()
    }
    expect(stream.pieces()).toBe(pieces + 1)
    await pass(4)
    expect(stream.pieces()).toBe(pieces + 2)
    expect(partsOf(stream.frames).map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd'])
    // Quiet again.
    await pass(4)
    await write.plan('e')
    await settle()
    expect(stream.pieces()).toBe(pieces + 3)
  })

  test('LIVE-17a what comes in one go leaves in one go', async ({ makeHandler, write }) => {
    const stream = await follow(makeHandler())
    await settle()
    const pieces = stream.pieces()
    await Promise.all(['a', 'b', 'c', 'd'].map((key) => write.plan(key)))
    await settle()
    expect(stream.pieces()).toBe(pieces + 1)
    expect(partsOf(stream.frames)).toHaveLength(4)
  })

  test('LIVE-17a the window is twice what a round takes, and 50 ms at the most', async ({
    makeHandler,
    write,
  }) => {
    let roundMs = 8
    const handler = makeHandler({
      progressWindowMs: 0,
      // A projection that takes its time makes a round that takes its time.
      project: ({ value }) => {
        vi.setSystemTime(Date.now() + roundMs)
        vi.advanceTimersByTime(roundMs)
        return value
      },
    })
    const stream = await follow(handler)
    await settle()
    const waitFor = async (key: string) => {
      await write.plan(`${key}1`)
      await settle()
      await write.plan(`${key}2`)
      let waited = 0
      while (!partsOf(stream.frames).some((part) => part.key === `${key}2`)) {
        await pass(1)
        waited++
        expect(waited).toBeLessThan(100)
      }
      await pass(200)
      return waited
    }
    const short = await waitFor('a')
    expect(short).toBeGreaterThanOrEqual(7)
    expect(short).toBeLessThanOrEqual(9)
    roundMs = 40
    const long = await waitFor('b')
    expect(long).toBeLessThanOrEqual(11)
  })
})

describe('D8 progress may wait, meaning may not', () => {
  test('D8 LIVE-17a progress is sent at once and then at most once per window, the newest only', async ({
    makeHandler,
    write,
  }) => {
    const stream = await follow(makeHandler())
    await settle()
    const fresh = look(stream)
    await write.commit(running('t'))
    await pass(10)
    expect(fresh()).toEqual(['l/t=in_progress'])
    for (const percent of [1, 2, 3]) {
      await write.commit(running('t', { percent }))
      await pass(10)
    }
    expect(fresh()).toEqual(['l/t=1'])
    await pass(80)
    expect(fresh()).toEqual(['l/t=3'])
    // That too was progress sent: the window is open again.
    await write.commit(running('t', { percent: 4 }))
    await pass(50)
    expect(fresh()).toEqual([])
    await pass(60)
    expect(fresh()).toEqual(['l/t=4'])
    await pass(200)
    await write.commit(running('t', { percent: 5, updatedAt: 9 }))
    await settle()
    expect(fresh()).toEqual(['l/t=5'])
  })

  test('D8 LIVE-11 any other change takes everything with it, in order, and a completion is never behind', async ({
    makeHandler,
    write,
  }) => {
    const stream = await follow(makeHandler())
    await settle()
    await write.commit(running('a'), running('b'))
    await pass(10)
    await write.commit(running('a', { progress: 'a1' }))
    await pass(10)
    const fresh = look(stream)
    fresh()
    await write.commit(running('a', { progress: 'a2' }))
    await write.commit(running('b', { progress: 'b1' }))
    await pass(10)
    expect(fresh()).toEqual([])
    await write.commit(
      taskChange('l', 'a', { status: 'completed', progress: 'a3', endedAt: 5 }, 'completed'),
      listChange('l', { status: 'in_progress' }),
    )
    await pass(5)
    expect(fresh()).toEqual(['l/b=b1', 'l/a completed', 'l=in_progress'])
    const ids = stream.frames.filter(({ id }) => id !== undefined).map(({ id }) => Number(id?.split('.')[1]))
    expect(ids.at(-1)).toBe(7)
    // What waited had not been told with an id of its own.
    expect(ids).not.toContain(4)
    expect(ids).not.toContain(5)
  })

  test('D8 what another change took along was progress sent, so the window begins anew', async ({
    makeHandler,
    write,
  }) => {
    const stream = await follow(makeHandler())
    await settle()
    await write.commit(running('a'))
    await write.commit(running('a', { percent: 1 }))
    await pass(60)
    await write.commit(running('a', { percent: 2 }))
    await write.plan('p')
    await pass(60)
    const fresh = look(stream)
    expect(fresh()).toEqual(['l/a=in_progress', 'l/a=1', 'l/a=2', 'p=undefined'])
    // The first window would be over by now; the second is not.
    await write.commit(running('a', { percent: 3 }))
    await pass(30)
    expect(fresh()).toEqual([])
    await pass(30)
    expect(fresh()).toEqual(['l/a=3'])
  })

  test('D8 the window belongs to the scope: all tasks of it wait together, those of another do not', async ({
    makeHandler,
    write,
  }) => {
    const prefix = (request: Request) => `${new URL(request.url).pathname.slice(1)}:`
    const handler = makeHandler({ prefix })
    const here = await follow(handler, { url: 'http://test.invalid/here' })
    const there = await follow(handler, { url: 'http://test.invalid/there' })
    await settle()
    const start = (scope: string, id: string, percent?: number) =>
      write.task(`${scope}:l`, id, { status: 'in_progress', ...(percent !== undefined && { percent }) })
    for (const scope of ['here', 'there']) for (const id of ['a', 'b']) await start(scope, id)
    await pass(10)
    const [freshHere, freshThere] = [look(here), look(there)]
    freshHere()
    freshThere()
    await start('here', 'a', 1)
    await pass(10)
    await start('here', 'b', 2)
    await start('there', 'a', 3)
    await pass(10)
    expect(freshHere()).toEqual(['here:l/a=1'])
    expect(freshThere()).toEqual(['there:l/a=3'])
    await pass(100)
    expect(freshHere()).toEqual(['here:l/b=2'])
  })

  test('D8 a change of anything but progress does not wait', async ({ makeHandler, write }) => {
    const stream = await follow(makeHandler())
    await settle()
    await write.commit(running('t'))
    await pass(10)
    await write.commit(running('t', { percent: 1 }))
    await pass(10)
    const fresh = look(stream)
    fresh()
    await write.commit(running('t', { percent: 1, label: 'New' }))
    await pass(5)
    expect(fresh()).toEqual(['l/t=1'])
  })

  test('D8 progressWindowMs 0 sends each', async ({ makeHandler, write }) => {
    const stream = await follow(makeHandler({ progressWindowMs: 0 }))
    await settle()
    await write.commit(running('t'))
    for (const percent of [1, 2, 3]) await write.commit(running('t', { percent }))
    await pass(5)
    expect(look(stream)()).toEqual(['l/t=in_progress', 'l/t=1', 'l/t=2', 'l/t=3'])
  })
})

describe('LIVE-15 heartbeats', () => {
  test('LIVE-15 a silent connection gets a byte at least every heartbeatMs, a busy one no comment', async ({
    makeHandler,
    write,
  }) => {
    const handler = makeHandler({ heartbeatMs: 1_000 })
    const stream = await follow(handler)
    await settle()
    const comments = () => stream.frames.filter(({ comment }) => comment !== undefined).length
    const lengths: number[] = []
    for (let ms = 0; ms < 10_000; ms += 1_000) {
      const before = stream.text().length
      await pass(1_000)
      lengths.push(stream.text().length - before)
    }
    expect(Math.min(...lengths)).toBeGreaterThan(0)
    expect(comments()).toBeLessThanOrEqual(1 + 14)

    const before = comments()
    for (let ms = 0; ms < 5_000; ms += 500) {
      await write.plan('p', { version: ms })
      await pass(500)
    }
    expect(comments()).toBe(before)
  })

  test('LIVE-15 one timer serves all, and 0 turns it off', async ({ makeHandler }) => {
    const handler = makeHandler({ heartbeatMs: 1_000, stallMs: 0 })
    const streams = await Promise.all(Array.from({ length: 10 }, () => follow(handler)))
    await settle()
    expect(vi.getTimerCount()).toBe(1)
    for (const stream of streams) await stream.cancel()
    expect(vi.getTimerCount()).toBe(0)
    const silent = await follow(makeHandler({ heartbeatMs: 0, stallMs: 0 }))
    await settle()
    const { length } = silent.text()
    await pass(100_000)
    expect(silent.text()).toHaveLength(length)
    expect(vi.getTimerCount()).toBe(0)
  })
})
