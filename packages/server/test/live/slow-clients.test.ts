import { setImmediate, setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, onTestFinished, vi } from 'vitest'
import { follow, liveUrl, test } from '../support/live-test.ts'
import { parseFrame, partsOf, type Frame } from '../support/read-frames.ts'
import { createReplica, held, seen } from '../support/replica.ts'
import { createWriter, listChange, planChange, taskChange } from '../support/writer.ts'

/** A client that takes a piece of the body only when told to. */
async function reluctant(handler: (request: Request) => Promise<Response>) {
  const reader = (await handler(new Request(liveUrl))).body?.getReader()
  const frames: Frame[] = []
  let rest = ''
  return {
    frames,
    /** True as long as there is more. */
    take: async () => {
      const result = await reader?.read()
      if (result === undefined || result.done) return false
      const pieces = (rest + new TextDecoder().decode(result.value)).split('\n\n')
      rest = pieces.pop() ?? ''
      frames.push(...pieces.map(parseFrame))
      return true
    },
  }
}

/** Takes pieces until a change of that key has come. */
async function takeUntil(client: Awaited<ReturnType<typeof reluctant>>, key: string, revision = 1) {
  const has = () => partsOf(client.frames).some((part) => part.key === key && part.revision >= revision)
  while (!has()) expect(await client.take()).toBe(true)
}

describe('LIVE-17 slow clients', () => {
  test('LIVE-17 one that falls behind gets the newest value of each entity, and one id for all of it', async ({
    makeHandler,
    store,
    write,
  }) => {
    const handler = makeHandler({ maxBufferedBytes: 20_000, progressWindowMs: 0 })
    const healthy = await follow(handler)
    await healthy.untilReady()
    const slow = await reluctant(handler)
    await takeUntilReady(slow)
    for (let i = 1; i <= 1_000; i++) {
      await write.commit(planChange(`p${i % 10}`, { version: i }), listChange('l', { lastPosition: i }))
      if (i % 20 === 0) await setImmediate()
    }
    const before = slow.frames.length
    await healthy.untilChange('l', 1_000)
    expect(partsOf(healthy.frames)).toHaveLength(2_000)

    await takeUntil(slow, 'l', 1_000)
    const parts = partsOf(slow.frames)
    expect(parts.length).toBeLessThan(400)
    const newest = parts.slice(-11)
    expect(new Set(newest.map(({ key }) => key)).size).toBe(11)
    const ids = slow.frames.slice(before).filter(({ id }) => id !== undefined)
    expect(ids.at(-1)?.id).toMatch(/\.2000$/)
    expect(slow.frames.at(-1)?.id).toBe(ids.at(-1)?.id)

    const replica = createReplica()
    for (const frame of slow.frames) replica.take(frame)
    expect(seen(replica.state)).toEqual(await held(store))
    // It keeps up again.
    await write.plan('after')
    await takeUntil(slow, 'after')
    expect(slow.frames.at(-1)?.id).toMatch(/\.2001$/)
  })

  test('LIVE-17 of joined changes, added and created win over updated', async ({ makeHandler, write }) => {
    const handler = makeHandler({ maxBufferedBytes: 1_000, progressWindowMs: 0 })
    const healthy = await follow(handler)
    const slow = await reluctant(handler)
    const slower = await reluctant(handler)
    await takeUntilReady(slow)
    await takeUntilReady(slower)
    const fillUp = async () => {
      // Each in a window of its own, so that clients fall behind before what is looked at here.
      for (let i = 1; i <= 10; i++) {
        await write.plan('filler', { version: i })
        await setTimeout(6)
      }
    }
    for (let i = 1; i <= 10; i++) {
      await write.plan('first', { version: i })
      await healthy.untilChange('first', i)
      await takeUntil(slow, 'first', i)
    }
    await write.task('l', 'old', {}, 'added')
    await healthy.untilChange('l/old')
    await takeUntil(slow, 'l/old')
    await fillUp()
    await write.task('l', 'new', {}, 'added')
    await write.task('l', 'new', { label: 'Renamed' }, 'updated')
    await write.task('l', 'done', {}, 'added')
    await write.task('l', 'done', { status: 'completed' }, 'completed')
    await write.task('l', 'old', { label: 'Renamed' }, 'updated')
    await write.plan('last')
    await healthy.untilChange('last')
    await takeUntil(slow, 'last')
    const last = (key: string, client = slow) => partsOf(client.frames).findLast((part) => part.key === key)
    // One that had fallen behind before hears of its birth, though they are served from the same place.
    await takeUntil(slower, 'last')
    expect(last('l/old', slower)).toMatchObject({ event: 'added', revision: 2 })
    expect([last('l/new'), last('l/done'), last('l/old')]).toMatchObject([
      { event: 'added', revision: 2, value: { label: 'Renamed' } },
      { event: 'completed', revision: 2 },
      { event: 'updated', revision: 2 },
    ])
  })

  test('REL-11 LIVE-17 clients that do not read cost a value per entity, not one per change, and stop nobody', async ({
    makeHandler,
    write,
  }) => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const handler = makeHandler({ maxBufferedBytes: 100_000, progressWindowMs: 0 })
    const healthy = await follow(handler)
    const stalled = await Promise.all(Array.from({ length: 50 }, () => reluctant(handler)))
    for (const client of stalled) await takeUntilReady(client)
    const content = 'x'.repeat(1_000)
    const change = async (turns: number) => {
      for (let i = 0; i < turns; i++) {
        await write.commit(
          ...Array.from({ length: 100 }, (_, n) => planChange(`p${n}`, { version: i + 1, content })),
        )
        await setImmediate()
      }
      await healthy.untilChange('p99', turns)
      // Buffers are let go a turn after what held them.
      collect()
      await setImmediate()
      collect()
      // What waits to be sent is bytes; what the healthy client keeps is text, and does not count here.
      return process.memoryUsage().arrayBuffers
    }
    const before = await change(20)
    const after = await change(120)
    // The bytes of 100 turns are 12 MB.
    expect((after - before) / 1e6).toBeLessThan(5)
    expect(stalled.every(({ frames }) => partsOf(frames).length === 0)).toBe(true)
  })

  test('LIVE-17 one large commit alone makes nobody fall behind', async ({ makeHandler, write }) => {
    const handler = makeHandler({ maxBufferedBytes: 1_000 })
    const stream = await follow(handler)
    await stream.untilReady()
    await write.commit(
      ...Array.from({ length: 500 }, (_, n) => taskChange('l', `t${n}`, {}, 'added')),
      listChange('l'),
    )
    await stream.untilChange('l')
    expect(partsOf(stream.frames).every(({ event }) => event !== 'removed')).toBe(true)
    expect(stream.frames.filter(({ id }) => id !== undefined).map(({ id }) => id?.split('.')[1])).toEqual([
      '0',
      '501',
    ])
  })

  test('LIVE-17 one that takes no byte for stallMs while some wait is evicted; others go on', async ({
    makeHandler,
    write,
  }) => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
    })
    onTestFinished(() => void vi.useRealTimers())
    const reasons: unknown[] = []
    const handler = makeHandler({
      stallMs: 1_000,
      heartbeatMs: 10_000,
      onDisconnect: ({ reason }) => void reasons.push(reason),
    })
    const healthy = await follow(handler)
    const slow = await reluctant(handler)
    for (let turn = 0; turn < 5; turn++) await setImmediate()
    await takeUntilReady(slow)
    // Nothing waits for it, so it may be silent for as long as it likes.
    await vi.advanceTimersByTimeAsync(5_000)
    expect(handler.stats()).toEqual({ open: 2 })
    await write.plan('a')
    await vi.advanceTimersByTimeAsync(900)
    expect(handler.stats()).toEqual({ open: 2 })
    await vi.advanceTimersByTimeAsync(600)
    expect([handler.stats(), reasons]).toEqual([{ open: 1 }, ['evicted']])
    while (await slow.take());
    expect(slow.frames.at(-1)).toMatchObject({
      event: 'crux-end',
      data: { reason: 'evicted', reconnect: true },
    })
    await write.plan('b')
    await healthy.untilChange('b')
    expect(healthy.isEnded()).toBe(false)
  })

  test('LIVE-17 one that takes a piece now and then is not evicted', async ({ makeHandler, write }) => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
    })
    onTestFinished(() => void vi.useRealTimers())
    const handler = makeHandler({ stallMs: 1_000, heartbeatMs: 10_000 })
    const slow = await reluctant(handler)
    await takeUntilReady(slow)
    for (let i = 0; i < 20; i++) {
      // Two pieces come, and it takes one: something waits all the time.
      for (const key of [`a${i}`, `b${i}`]) {
        await write.plan(key, { content: 'x'.repeat(40_000) })
        await vi.advanceTimersByTimeAsync(10)
      }
      await vi.advanceTimersByTimeAsync(680)
      await slow.take()
    }
    expect(handler.stats()).toEqual({ open: 1 })
  })

  test('LIVE-16 the last word waits 5 s for a client that does not read, then its body fails', async ({
    makeHandler,
  }) => {
    const handler = makeHandler()
    const patient = await handler(new Request(liveUrl))
    const never = await handler(new Request(liveUrl))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    handler.close()
    await vi.advanceTimersByTimeAsync(4_900)
    expect(await patient.text()).toContain('"reason":"closed"')
    await vi.advanceTimersByTimeAsync(200)
    await expect(never.text()).rejects.toThrow('The client took no byte after the end of the stream.')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('LIVE-11 LIVE-17 every id is safe to resume from, however slowly a client reads', async ({
    makeHandler,
    store,
  }) => {
    const runs = Number(process.env['CRUX_RUNS'] ?? 40)
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            {
              weight: 5,
              arbitrary: fc.record({ write: fc.array(fc.nat(7), { minLength: 1, maxLength: 4 }) }),
            },
            { weight: 1, arbitrary: fc.record({ take: fc.integer({ min: 1, max: 3 }) }) },
            { weight: 2, arbitrary: fc.constant({ turn: true }) },
          ),
          { minLength: 10, maxLength: 120 },
        ),
        fc.constantFrom(0, 500, 3_000),
        async (steps, maxBufferedBytes) => {
          const run = `r${crypto.randomUUID()}:`
          const view = store.scope(run)
          const write = createWriter(store)
          const handler = makeHandler({ store: view, maxBufferedBytes, progressWindowMs: 0 })
          /** The revision of each key, as of each position at which a commit ended. */
          const history: { position: number; revisions: Map<string, number> }[] = []
          const client = await reluctant(handler)
          const replica = createReplica()
          let seenFrames = 0
          let ready = true
          const check = () => {
            for (const frame of client.frames.slice(seenFrames)) {
              replica.take(frame)
              if (frame.id === undefined) continue
              const position = Number(frame.id.split('.')[1])
              const at = history.findLast((entry) => entry.position <= position)
              for (const [key, revision] of at?.revisions ?? []) {
                expect(replica.state.get(`plan ${key}`)?.revision ?? 0).toBeGreaterThanOrEqual(revision)
              }
            }
            seenFrames = client.frames.length
          }
          let taking: Promise<unknown> | undefined
          for (const step of steps) {
            if ('write' in step) {
              const keys = [...new Set(step.write)].map((n) => `${run}p${n}`)
              const records = await write.commit(
                ...keys.map((key) => planChange(key, { content: 'x'.repeat(100) })),
              )
              const revisions = new Map(history.at(-1)?.revisions)
              for (const { key, revision } of records) revisions.set(key, revision)
              history.push({ position: records.at(-1)?.seq ?? 0, revisions })
            } else if ('take' in step && ready) {
              // It may wait for long; only one read at a time.
              ready = false
              taking = (async () => {
                for (let n = 0; n < step.take; n++) await client.take()
                ready = true
              })()
            }
            if ('turn' in step) await setImmediate()
            check()
          }
          await write.commit(planChange(`${run}last`))
          await Promise.race([taking, setImmediate()])
          const expected = await held(view)
          while (!partsOf(client.frames).some(({ key }) => key === `${run}last`)) {
            await (ready ? client.take() : setImmediate())
          }
          check()
          expect(seen(replica.state)).toEqual(expected)
          handler.close()
        },
      ),
      { numRuns: runs },
    )
  })
})

async function takeUntilReady(client: Awaited<ReturnType<typeof reluctant>>): Promise<void> {
  while (!client.frames.some(({ data }) => JSON.stringify(data)?.includes('"ready"'))) await client.take()
}
