import { setImmediate } from 'node:timers/promises'
import type { ChangeBatch, CruxRecord, CruxStore } from '@crux/core'
import { describe, expect } from 'vitest'
import { withFeeds } from '../support/faulty-stores.ts'
import { comingFrom, follow, liveUrl, test } from '../support/live-test.ts'
import { partsOf, withoutEpoch, type Frame } from '../support/read-frames.ts'
import { createReplica, held, seen } from '../support/replica.ts'
import { createWriter, listChange, planChange, taskChange } from '../support/writer.ts'

const lastId = (frames: readonly Frame[]) => frames.findLast(({ id }) => id !== undefined)?.id

describe('a client that comes back', () => {
  test('LIVE-10 gets the changed entities once each, without a reset, then ready, then changes', async ({
    makeHandler,
    write,
  }) => {
    await write.plan('p')
    const handler = makeHandler()
    const first = await follow(handler)
    const cursor = lastId(await first.untilReady())
    await first.cancel()
    await write.plan('p', { title: 'Two' })
    await write.plan('q')
    await write.plan('p', { title: 'Three' })

    const second = await follow(handler, comingFrom(cursor))
    await second.untilReady()
    await write.plan('q', { title: 'Later' })
    await second.untilChange('q', 2)
    expect(withoutEpoch(second.text())).toMatchInlineSnapshot(`
      "retry: 1000

      :

      event: data-crux
      data: {"entity":"plan","key":"q","value":{"id":"q","title":"Launch the site","content":"First build it, then ship it.","version":1,"createdAt":1767225600000,"updatedAt":1767225600000},"event":"updated","revision":1}

      event: data-crux
      id: epoch.4
      data: {"entity":"plan","key":"p","value":{"id":"p","title":"Three","content":"First build it, then ship it.","version":1,"createdAt":1767225600000,"updatedAt":1767225600000},"event":"updated","revision":3}

      event: crux-sync
      id: epoch.4
      data: {"phase":"ready","heartbeatMs":15000}

      event: data-crux
      id: epoch.5
      data: {"entity":"plan","key":"q","value":{"id":"q","title":"Later","content":"First build it, then ship it.","version":1,"createdAt":1767225600000,"updatedAt":1767225600000},"event":"updated","revision":2}

      "
    `)
  })

  test('LIVE-11 a resume with nothing missed gets ready with its id at once', async ({
    makeHandler,
    write,
  }) => {
    await write.plan('p')
    const handler = makeHandler()
    const cursor = lastId(await (await follow(handler)).untilReady())
    const frames = await (await follow(handler, comingFrom(cursor))).untilReady()
    expect(frames.map(({ event, id }) => [event, id])).toEqual([
      [undefined, undefined],
      [undefined, undefined],
      ['crux-sync', cursor],
    ])
  })

  test('LIVE-10 SSE-21 may send its cursor as a query parameter, and the header wins', async ({
    makeHandler,
    write,
  }) => {
    await write.plan('p')
    const handler = makeHandler()
    const cursor = lastId(await (await follow(handler)).untilReady()) ?? ''
    const query = `${liveUrl}?lastEventId=${encodeURIComponent(cursor)}`
    expect(partsOf(await (await follow(handler, { url: query })).untilReady())).toEqual([])
    const both = await follow(handler, { url: query, headers: { 'last-event-id': 'other.1' } })
    expect(partsOf(await both.untilReady())).toHaveLength(1)
  })

  test.for([
    ['of another epoch', '0000.1'],
    ['that is no cursor', 'hello'],
    ['beyond the head', undefined],
    ['with a line break', 'a\nb'],
    ['of more than 1024 bytes', 'ä'.repeat(600)],
    ['with bytes that are no text', '\u{FF}\u{FE}.1'],
  ])('LIVE-10 LIVE-11 SSE-21 a cursor %s means a snapshot', async ([, text], { makeHandler, write }) => {
    await write.plan('p')
    const handler = makeHandler()
    const cursor = lastId(await (await follow(handler)).untilReady()) ?? ''
    const sent = text ?? cursor.replace(/\.\d+$/, '.999')
    const init = sent.includes('\n')
      ? { url: `${liveUrl}?lastEventId=${encodeURIComponent(sent)}` }
      : { headers: { 'last-event-id': String.fromCharCode(...new TextEncoder().encode(sent)) } }
    const frames = await (await follow(handler, init)).untilReady()
    expect(frames.map(({ data }) => data)).toContainEqual({ phase: 'reset' })
    expect(partsOf(frames).map(({ key }) => key)).toEqual(['p'])
  })

  test('LIVE-10 a cursor of another scope means a snapshot of this one', async ({ makeHandler, write }) => {
    await write.commit(planChange('a:p'), planChange('b:p'))
    const prefix = (request: Request) => new URL(request.url).searchParams.get('scope') ?? ''
    const handler = makeHandler({ prefix })
    const inA = await (await follow(handler, { url: `${liveUrl}?scope=a:` })).untilReady()
    const frames = await (
      await follow(handler, { url: `${liveUrl}?scope=b:`, ...comingFrom(lastId(inA)) })
    ).untilReady()
    expect(frames.map(({ data }) => data)).toContainEqual({ phase: 'reset' })
    expect(partsOf(frames).map(({ key }) => key)).toEqual(['b:p'])
  })

  test('LIVE-11 each live batch ends with its only id, and a commit is never split', async ({
    makeHandler,
    write,
  }) => {
    const stream = await follow(makeHandler())
    await stream.untilReady()
    await write.commit(listChange('l'), taskChange('l', 'a'), taskChange('l', 'b'))
    await write.commit(
      taskChange('l', 'a', { status: 'completed' }),
      listChange('l', { status: 'completed' }),
    )
    const frames = await stream.untilChange('l', 2)
    expect(frames.map(({ data, id }) => [partsOf([{ text: '', data }])[0]?.key, id?.split('.')[1]])).toEqual([
      ['l', undefined],
      ['l/a', undefined],
      ['l/b', '3'],
      ['l/a', undefined],
      ['l', '5'],
    ])
  })

  test('LIVE-11 a large catch-up comes in batches, each of whole commits and with its cursor', async ({
    makeHandler,
    write,
  }) => {
    const handler = makeHandler()
    const cursor = lastId(await (await follow(handler)).untilReady())
    for (let i = 0; i < 300; i++) await write.commit(planChange(`p${i}`), planChange(`q${i}`))
    const frames = await (await follow(handler, comingFrom(cursor))).untilReady()
    const ids = frames.filter(({ id }) => id !== undefined)
    expect(ids.length).toBeGreaterThan(2)
    for (const { id } of ids) expect(Number(id?.split('.')[1]) % 2).toBe(0)
  })

  test('LIVE-11 a catch-up by scan has its only id at ready', async ({ makeHandler, write }) => {
    const handler = makeHandler({ prefix: 's:' })
    const cursor = lastId(await (await follow(handler)).untilReady())
    for (let i = 0; i < 30; i++)
      await write.commit(...Array.from({ length: 40 }, (_, n) => planChange(`s:p${n}`)))
    const frames = await (await follow(handler, comingFrom(cursor))).untilReady()
    expect(frames.filter(({ id }) => id !== undefined)).toHaveLength(1)
    expect(frames.at(-1)?.id).toMatch(/\.1200$/)
    expect(partsOf(frames)).toHaveLength(40)
    expect(frames.map(({ data }) => data)).not.toContainEqual({ phase: 'reset' })
  })
})

describe('whatever a store yields', () => {
  const feed = (store: CruxStore, make: (records: readonly CruxRecord[]) => readonly ChangeBatch[]) =>
    withFeeds(store, async function* (inner) {
      const { records } = await inner.list()
      yield* make(records)
    })

  test('LIVE-10 LIVE-11 a snapshot that starts over does so for the client, and forgets what it had sent', async ({
    makeHandler,
    store,
    write,
  }) => {
    await write.plan('p')
    await write.task('l', 't')
    const removed = {
      ...taskChange('l', 't', { removedAt: 5 }, 'removed'),
      revision: 2,
      seq: 3,
    } as CruxRecord
    const restarting = feed(store, ([task, plan]) =>
      plan === undefined || task === undefined
        ? []
        : [
            { changes: [plan, task], reset: true },
            { changes: [plan], reset: true },
            { changes: [removed] },
            { changes: [], cursor: 'e.3', ready: true },
          ],
    )
    // One handler shares its snapshots, the other sends each client its own.
    for (const options of [{}, { project: ({ value }: CruxRecord) => value }]) {
      const handler = makeHandler({ store: restarting, ...options })
      const frames = await (await follow(handler)).untilReady()
      const afterReset = frames.slice(frames.findLastIndex(({ text }) => text.includes('"phase":"reset"')))
      expect(partsOf(afterReset).map(({ key }) => key)).toEqual(['p'])
    }
  })

  test('LIVE-11 changes that come together with ready have its id and no other', async ({
    makeHandler,
    store,
    write,
  }) => {
    await write.plan('p')
    const handler = makeHandler({
      store: feed(store, (changes) => [{ changes, cursor: 'e.1', ready: true }]),
    })
    const frames = await (await follow(handler, comingFrom('e.0'))).untilReady()
    expect(frames.map(({ event, id }) => [event, id]).slice(2)).toEqual([
      ['data-crux', undefined],
      ['crux-sync', 'e.1'],
    ])
  })
})

describe('REL-1 no change is lost', () => {
  test('REL-1 LIVE-10 a connection cut after every single event ends in the state of the store, and shows no revision twice', async ({
    makeHandler,
    store,
  }) => {
    const handler = makeHandler({ progressWindowMs: 0 })
    const recording = createWriter(store)
    const whole = await follow(handler)
    await whole.untilReady()
    // 200 changes: 40 commits of 5, over 12 entities.
    for (let i = 0; i < 40; i++) {
      await recording.commit(
        planChange(`p${i % 3}`, { version: i + 1 }),
        ...[0, 1, 2].map((n) => taskChange('l', `t${(i + n) % 8}`, { attempt: i + 1 })),
        listChange('l', { lastPosition: i }),
      )
    }
    await whole.untilChange('l', 40)
    const frames = whole.frames
    const expected = await held(store)
    const cuts = frames.length
    expect(partsOf(frames)).toHaveLength(200)

    for (let cut = 1; cut <= cuts; cut++) {
      const replica = createReplica()
      replica.connect()
      for (const frame of frames.slice(0, cut)) replica.take(frame)
      const again = await follow(handler, comingFrom(replica.cursor()))
      replica.connect()
      for (const frame of await again.untilReady()) replica.take(frame)
      await again.cancel()
      expect(seen(replica.state)).toEqual(expected)
      expect(new Set(replica.rendered).size).toBe(replica.rendered.length)
    }
  })

  test('REL-1 LIVE-10 what a snapshot already held is not sent again', async ({ makeHandler, write }) => {
    const handler = makeHandler()
    const other = await follow(handler)
    await other.untilReady()
    // The change is on its way to those who are connected when this client comes.
    const [, stream] = await Promise.all([write.plan('p'), follow(handler)])
    // Changes that are sent in one go are sent whole, so the next one has to go by itself.
    await other.untilChange('p')
    await write.plan('q')
    const parts = partsOf([...(await stream.untilReady()), ...(await stream.untilChange('q'))])
    expect(parts.map(({ key }) => key)).toEqual(['p', 'q'])
  })

  test('REL-1 changes that come while a client connects are neither lost nor shown twice', async ({
    makeHandler,
    store,
    write,
  }) => {
    const handler = makeHandler({ progressWindowMs: 0 })
    let isWriting = true
    const writing = (async () => {
      for (let i = 0; isWriting; i++) {
        await write.commit(planChange(`p${i % 5}`, { version: i }), planChange('all'))
        await setImmediate()
      }
    })()
    const clients = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        for (let turn = 0; turn < index; turn++) await Promise.resolve()
        const stream = await follow(handler)
        await stream.untilReady()
        return stream
      }),
    )
    isWriting = false
    await writing
    const [last] = await write.commit(planChange('last'))
    const expected = await held(store)
    for (const stream of clients) {
      await stream.untilChange('last', last?.revision)
      const replica = createReplica()
      for (const frame of stream.frames) replica.take(frame)
      expect(seen(replica.state)).toEqual(expected)
      expect(new Set(replica.rendered).size).toBe(replica.rendered.length)
    }
  })
})
