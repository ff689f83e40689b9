import fc from 'fast-check'
import { describe, expect, onTestFinished, vi } from 'vitest'
import { countUses } from '../support/count-uses.ts'
import { follow, liveUrl, test } from '../support/live-test.ts'
import { isPart, partsOf, type SentPart } from '../support/read-frames.ts'
import { createReplica, held, seen } from '../support/replica.ts'
import { createWriter, listChange, planChange, taskChange } from '../support/writer.ts'

const byQuery = (request: Request) => new URL(request.url).searchParams.get('scope') ?? ''
const ofScope = (scope: string) => ({ url: `${liveUrl}?scope=${encodeURIComponent(scope)}` })

describe('LIVE-18 what is shared', () => {
  test('LIVE-18 one subscription serves all connections of a handler, and ends with the last', async ({
    makeHandler,
    store,
  }) => {
    const uses = countUses(store)
    const handler = makeHandler({ store: uses.store, prefix: byQuery })
    const streams = await Promise.all(
      ['', 'a:', 'a:b:', 'a:b:', 'c:'].map((scope) => follow(handler, ofScope(scope))),
    )
    for (const stream of streams) await stream.untilReady()
    expect([uses.subscriptions(), uses.open()]).toEqual([1, { feeds: 0, listeners: 1 }])
    for (const stream of streams) await stream.cancel()
    expect(uses.open()).toEqual({ feeds: 0, listeners: 0 })
  })

  test('LIVE-18 a change is encoded once for all who are sent the same value, in whatever scope', async ({
    makeHandler,
    write,
  }) => {
    const handler = makeHandler({ prefix: byQuery, progressWindowMs: 0 })
    const scopes = ['', 'a:', 'a:b:']
    const streams = await Promise.all(
      [...scopes, ...scopes, ...scopes].map((scope) => follow(handler, ofScope(scope))),
    )
    for (const stream of streams) await stream.untilReady()
    const encoded = vi.spyOn(JSON, 'stringify')
    await write.plan('a:b:p')
    for (const stream of streams) await stream.untilChange('a:b:p')
    const parts = encoded.mock.calls.filter(([value]) => isPart(value))
    encoded.mockRestore()
    expect(parts).toHaveLength(1)
  })

  test('LIVE-18 the position of a change is the same in every scope, its epoch is not', async ({
    makeHandler,
    write,
  }) => {
    const handler = makeHandler({ prefix: byQuery })
    const streams = await Promise.all(['', 'a:', 'a:b:'].map((scope) => follow(handler, ofScope(scope))))
    for (const stream of streams) await stream.untilReady()
    await write.plan('x')
    await write.plan('a:b:p')
    const cursors: string[] = []
    for (const stream of streams) cursors.push((await stream.untilChange('a:b:p')).at(-1)?.id ?? '')
    expect(cursors.map((cursor) => cursor.split('.')[1])).toEqual(['2', '2', '2'])
    expect(new Set(cursors.map((cursor) => cursor.split('.')[0])).size).toBe(3)
  })

  test('LIVE-18 many who come at once are served by two reads of the store', async ({
    makeHandler,
    store,
    write,
  }) => {
    for (let i = 0; i < 10; i++) await write.plan(`p${i}`)
    let reads = 0
    const counted = {
      ...store,
      changes: (options: Parameters<typeof store.changes>[0]) => {
        reads++
        return store.changes(options)
      },
    }
    const handler = makeHandler({ store: { ...counted, scope: () => counted } })
    const streams = await Promise.all(Array.from({ length: 100 }, () => follow(handler)))
    for (const stream of streams) expect(partsOf(await stream.untilReady())).toHaveLength(10)
    expect(reads).toBeLessThanOrEqual(2)
    // A kept snapshot that is out of date is not used.
    await write.plan('new')
    expect(partsOf(await (await follow(handler)).untilReady())).toHaveLength(11)
  })

  test('LIVE-10 LIVE-18 what was purged is gone for new clients after two seconds', async ({
    makeHandler,
    store,
    write,
  }) => {
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    await write.list('ended', { status: 'completed', completedAt: 5 })
    await write.list('going')
    const handler = makeHandler()
    const keysOfNew = async () => partsOf(await (await follow(handler)).untilReady()).map(({ key }) => key)
    expect(await keysOfNew()).toEqual(['ended', 'going'])
    expect(await store.purge({ before: 10 })).toBe(1)
    vi.advanceTimersByTime(2_000)
    expect(await keysOfNew()).toEqual(['going'])
  })

  test('LIVE-10 a scope too large to be kept is sent to each as it takes it', async ({
    makeHandler,
    store,
    write,
  }) => {
    const content = 'x'.repeat(20_000)
    for (let i = 0; i < 100; i++) await write.plan(`p${i}`, { content })
    const handler = makeHandler()
    for (let turn = 0; turn < 2; turn++) {
      const stream = await follow(handler)
      const replica = createReplica()
      for (const frame of await stream.untilReady()) replica.take(frame)
      expect(seen(replica.state)).toEqual(await held(store))
      await stream.cancel()
    }
  })
})

describe('REL-23 no scope sees another', () => {
  const segment = fc.oneof(
    fc.constantFrom('a', 'ab', 'b', '.', '~', '-', '_', 'a.b', '0'),
    fc.stringMatching(/^[A-Za-z0-9_.~-]{1,6}$/),
  )
  const scope = fc
    .array(segment, { maxLength: 3 })
    .map((segments) => segments.map((text) => `${text}:`).join(''))
  const runs = Number(process.env['CRUX_RUNS'] ?? 30)

  test('REL-23 each client ends with exactly what is inside its scope', async ({ makeHandler, store }) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(scope, { minLength: 2, maxLength: 5 }),
        fc.array(fc.tuple(fc.nat(4), fc.nat(3), fc.constantFrom('plan', 'tasklist', 'task')), {
          minLength: 5,
          maxLength: 30,
        }),
        fc.nat(30),
        async (scopes, changes, joinAt) => {
          const run = `${crypto.randomUUID()}:`
          const view = store.scope(run)
          const write = createWriter(store)
          const handler = makeHandler({ store: view, prefix: byQuery, progressWindowMs: 0 })
          const streams: { scope: string; stream: Awaited<ReturnType<typeof follow>> }[] = []
          const join = () =>
            Promise.all(
              scopes.map(async (each) =>
                streams.push({ scope: each, stream: await follow(handler, ofScope(each)) }),
              ),
            )
          await join()
          for (const [index, [at, id, entity]] of changes.entries()) {
            if (index === joinAt) await join()
            const key = `${run}${scopes[at % scopes.length]}e${id}`
            if (entity === 'plan') await write.commit(planChange(key, { version: index + 1 }))
            else if (entity === 'tasklist') await write.commit(listChange(key, { lastPosition: index }))
            else
              await write.commit(
                taskChange(key, 't', { attempt: index + 1 }),
                listChange(key, { lastPosition: index }),
              )
          }
          // A last change in every scope shows that all before it have come.
          await write.commit(...[...new Set(scopes)].map((each) => planChange(`${run}${each}last`)))
          for (const { scope: each, stream } of streams) {
            await stream.untilChange(`${run}${each}last`)
            const replica = createReplica()
            for (const frame of stream.frames) replica.take(frame)
            expect(seen(replica.state)).toEqual(await held(view.scope(each)))
            expect(partsOf(stream.frames).every(({ key }) => key.startsWith(run + each))).toBe(true)
          }
          for (const each of scopes) {
            const poll = await handler(
              new Request(ofScope(each).url, { headers: { accept: 'application/json' } }),
            )
            const { changes } = (await poll.json()) as { changes: SentPart[] }
            const polled = changes.map(({ entity, key, revision, value }) => [
              `${entity} ${key}`,
              { revision, value },
            ])
            expect(Object.fromEntries(polled)).toEqual(await held(view.scope(each)))
          }
          handler.close()
        },
      ),
      { numRuns: runs },
    )
  })
})
