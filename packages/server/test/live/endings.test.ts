import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { CruxRecord, DurableCruxStore } from '@crux/core'
import { inMemoryCruxStore } from '@crux/core'
import { describe, expect, vi } from 'vitest'
import { breakingAfter, secretError, stuck } from '../support/faulty-stores.ts'
import { comingFrom, follow, liveUrl, test } from '../support/live-test.ts'
import { countUses } from '../support/count-uses.ts'
import { partsOf } from '../support/read-frames.ts'
import { createWriter } from '../support/writer.ts'
import { eventually } from '../../../../test/eventually.ts'

const end = (reason: string) => ({ event: 'crux-end', data: { reason, reconnect: true } })

describe('LIVE-16 every end is said', () => {
  test('LIVE-16 close', async ({ makeHandler }) => {
    const handler = makeHandler()
    const stream = await follow(handler)
    await stream.untilReady()
    handler.close()
    expect(await stream.untilEnd()).toMatchObject([end('closed')])
    expect(stream.failure()).toBeUndefined()
    expect(handler.stats()).toEqual({ open: 0 })
  })

  test('LIVE-16 the end of an `await using` block closes the handler', async ({ makeHandler }) => {
    let stream
    {
      await using handler = makeHandler()
      stream = await follow(handler)
      await stream.untilReady()
    }
    expect(await stream.untilEnd()).toMatchObject([end('closed')])
  })

  test('LIVE-16 the end of a lifetime', async ({ makeHandler }) => {
    const handler = makeHandler({ maxLifetimeMs: 20 })
    const stream = await follow(handler)
    await stream.untilReady()
    expect(await stream.untilEnd()).toMatchObject([end('expired')])
    expect(handler.stats()).toEqual({ open: 0 })
  })

  test('LIVE-16 withdraw ends the connections of a scope and of those inside it, and stops them', async ({
    makeHandler,
  }) => {
    const prefix = (request: Request) => new URL(request.url).searchParams.get('scope') ?? ''
    const reasons: string[] = []
    const handler = makeHandler({
      prefix,
      onDisconnect: ({ scope, reason }) => void reasons.push(`${scope} ${reason}`),
    })
    const open = async (scope: string) => {
      const stream = await follow(handler, { url: `${liveUrl}?scope=${scope}` })
      await stream.untilReady()
      return stream
    }
    const [inside, outer, whole, neighbour] = await Promise.all([
      open('a:b:'),
      open('a:'),
      open(''),
      open('ab:'),
    ])
    handler.withdraw('a:')
    for (const stream of [inside, outer]) {
      const frames = await stream.untilEnd()
      expect(frames.map(({ text }) => text)).toEqual([
        'event: crux-end\nid: sse:end\ndata: {"reason":"gone","reconnect":false}',
      ])
    }
    expect(whole.isEnded() || neighbour.isEnded()).toBe(false)
    expect(handler.stats()).toEqual({ open: 2 })
    expect(new Set(reasons)).toEqual(new Set(['a: gone', 'a:b: gone']))
    expect(() => handler.withdraw('a')).toThrow(expect.objectContaining({ code: 'invalid-id' }))
    // It remembers nothing.
    await open('a:')
  })

  test('LIVE-16 a store that fails before ready ends the body with error, and nothing of it is said', async ({
    makeHandler,
    store,
    write,
  }) => {
    for (let i = 0; i < 300; i++) await write.plan(`p${i}`)
    const handler = makeHandler({ store: breakingAfter(store, 1), project: ({ value }) => value })
    const stream = await follow(handler)
    const frames = await stream.untilEnd()
    expect(frames.at(-1)).toMatchObject(end('error'))
    expect(partsOf(frames)).toHaveLength(200)
    expect(stream.text()).not.toContain('hunter2')
    expect(handler.errors).toEqual([secretError])
    expect(handler.stats()).toEqual({ open: 0 })
  })

  test('LIVE-16 when the epoch of the store changes the connections are closed, and start over', async ({
    makeHandler,
  }) => {
    const store = inMemoryCruxStore() as DurableCruxStore
    const handler = makeHandler({ store })
    const stream = await follow(handler)
    const cursor = (await stream.untilReady()).at(-1)?.id
    await store.renewEpoch()
    await createWriter(store).plan('a')
    expect(await stream.untilEnd()).toMatchObject([end('closed')])
    const again = await (await follow(handler, comingFrom(cursor))).untilReady()
    expect(again.map(({ data }) => data)).toContainEqual({ phase: 'reset' })
  })

  test('LIVE-16 a change that cannot be sent ends the connections of its scope, and not the process', async ({
    makeHandler,
    store,
    write,
  }) => {
    const cursorAt = () => {
      throw secretError
    }
    const handler = makeHandler({ store: { ...store, scope: () => ({ ...store, cursorAt }) } })
    const stream = await follow(handler)
    await stream.untilReady()
    await write.plan('p')
    expect((await stream.untilEnd()).at(-1)).toMatchObject(end('error'))
    expect(handler.errors).toEqual([secretError])
  })

  test('LIVE-16 a client that has not taken a byte is still told, greeting first', async ({
    makeHandler,
  }) => {
    const handler = makeHandler()
    const response = await handler(new Request(liveUrl))
    handler.close()
    expect(await response.text()).toBe(
      'retry: 1000\n\n:\n\nevent: crux-end\ndata: {"reason":"closed","reconnect":true}\n\n',
    )
  })

  test('LIVE-16 a handler that is closed while a client connects sends it away', async ({
    makeHandler,
    store,
  }) => {
    const handler = makeHandler({ store: stuck(store) })
    const answering = handler(new Request(liveUrl))
    await eventually(() => expect(handler.stats()).toEqual({ open: 1 }))
    handler.close()
    expect(await (await answering).text()).toBe('retry: 5000\n\n')
    expect(handler.errors).toEqual([])
  })

  test('LIVE-16 a scope that is withdrawn while a client connects is gone for it', async ({
    makeHandler,
    store,
  }) => {
    const handler = makeHandler({ store: stuck(store) })
    const answering = handler(new Request(liveUrl))
    await eventually(() => expect(handler.stats()).toEqual({ open: 1 }))
    handler.withdraw('')
    expect(await (await answering).text()).toContain('"reason":"gone"')
    expect(handler.errors).toEqual([])
  })
})

describe('LIVE-16 afterwards nothing is left', () => {
  const ways = {
    'the client cancels': async ({ cancel }: { cancel: () => Promise<void> }) => cancel(),
    'the request is aborted': async ({ abort }: { abort: () => void }) => abort(),
    'both happen': async ({ cancel, abort }: { cancel: () => Promise<void>; abort: () => void }) => {
      abort()
      await cancel()
      abort()
    },
    'the handler is closed': async ({ close }: { close: () => void }) => close(),
    'the scope is withdrawn': async ({ withdraw }: { withdraw: () => void }) => withdraw(),
    'it is closed, then cancelled': async ({
      close,
      cancel,
    }: {
      close: () => void
      cancel: () => Promise<void>
    }) => {
      close()
      await cancel()
    },
  }

  test.for(Object.entries(ways))(
    'LIVE-16 when %s, and it is told once',
    async ([, way], { makeHandler, store }) => {
      const uses = countUses(store)
      const ends: unknown[] = []
      const handler = makeHandler({
        store: uses.store,
        prefix: 's:',
        progressWindowMs: 1e5,
        maxLifetimeMs: 1e6,
        onDisconnect: ({ reason }) => void ends.push(reason),
      })
      const write = createWriter(store)
      const aborting = new AbortController()
      vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'] })
      try {
        const streams = await Promise.all([
          follow(handler, { signal: aborting.signal }),
          follow(handler, { signal: aborting.signal, ...comingFrom('x.1') }),
        ])
        for (const stream of streams) await stream.untilReady()
        expect(uses.open()).toEqual({ feeds: 0, listeners: 1 })
        // A progress window opens, and with it a timer.
        for (const status of ['pending', 'in_progress'] as const) await write.task('s:l', 't', { status })
        await write.task('s:l', 't', { status: 'in_progress', percent: 5 })
        // Two lifetimes, the heartbeat, the progress window.
        expect(vi.getTimerCount()).toBeGreaterThanOrEqual(4)

        await way({
          cancel: async () => void (await Promise.all(streams.map((stream) => stream.cancel()))),
          abort: () => aborting.abort(),
          close: handler.close,
          withdraw: () => handler.withdraw('s:'),
        })
        expect(ends).toHaveLength(2)
        expect(handler.stats()).toEqual({ open: 0 })
        expect(uses.open()).toEqual({ feeds: 0, listeners: 0 })
        // What may still run ends by itself: the send window, and the time limit of the store's commit.
        for (let turn = 0; turn < 5; turn++) {
          await setImmediate()
          vi.advanceTimersByTime(2_000)
        }
        expect(vi.getTimerCount()).toBe(0)
      } finally {
        vi.useRealTimers()
      }
    },
  )

  test.for([
    ['a new client', {}],
    ['one that comes back', comingFrom('x.1')],
  ] as const)(
    'LIVE-16 when %s leaves before the store has answered',
    async ([, init], { makeHandler, store }) => {
      const uses = countUses(stuck(store))
      const handler = makeHandler({ store: uses.store })
      const aborting = new AbortController()
      const answering = handler(new Request(liveUrl, { ...init, signal: aborting.signal }))
      await eventually(() => expect(uses.open()).toEqual({ feeds: 1, listeners: 1 }))
      aborting.abort()
      await answering
      expect(handler.stats()).toEqual({ open: 0 })
      await eventually(() => expect(uses.open()).toEqual({ feeds: 0, listeners: 0 }))
      expect(handler.errors).toEqual([])
    },
  )

  test('SSE-24 a body keeps its request reachable, so that an abort is heard', async ({ makeHandler }) => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const handler = makeHandler()
    const aborting = new AbortController()
    const stream = await follow(handler, { signal: aborting.signal })
    await stream.untilReady()
    for (let turn = 0; turn < 5; turn++) {
      collect()
      await setImmediate()
    }
    aborting.abort()
    await eventually(() => expect(handler.stats()).toEqual({ open: 0 }))
  })

  test.for([
    ['without project', undefined],
    ['with project', ({ value }: CruxRecord) => value],
  ] as const)(
    'LIVE-16 what belonged to a connection can be collected, %s',
    async ([, project], { makeHandler, write }) => {
      setFlagsFromString('--expose-gc')
      const collect = runInNewContext('gc') as () => void
      const contexts: WeakRef<object>[] = []
      const handler = makeHandler({
        prefix: 's:',
        authorize: () => {
          const context = { user: 'ann' }
          contexts.push(new WeakRef(context))
          return context
        },
        onDisconnect: () => {},
        ...(project !== undefined && { project }),
      })
      const staying = await follow(handler)
      await staying.untilReady()
      for (let turn = 0; turn < 5; turn++) {
        const leaving = await follow(handler)
        await leaving.untilReady()
        await write.plan('s:p')
        await leaving.untilChange('s:p')
        await leaving.cancel()
      }
      await eventually(() => {
        collect()
        expect(contexts.slice(1).filter((context) => context.deref() !== undefined)).toEqual([])
      })
      expect(contexts[0]?.deref()).toBeDefined()
    },
  )

  test('REL-12 thousands of short connections leave nothing', async ({ makeHandler, store, write }) => {
    const uses = countUses(store)
    const handler = makeHandler({
      store: uses.store,
      prefix: (request) => `${new URL(request.url).hash.slice(1)}:`,
    })
    const turns = Number(process.env['CRUX_RUNS'] ?? 3_000)
    for (let done = 0; done < turns; done += 50) {
      await Promise.all(
        Array.from({ length: 50 }, async (_, n) => {
          const response = await handler(new Request(`${liveUrl}#s${n % 7}`))
          const reader = response.body?.getReader()
          if (n % 3 > 0) await reader?.read()
          if (n % 5 === 0) await write.plan(`s${n % 7}:p${n}`)
          await reader?.cancel()
        }),
      )
    }
    expect(handler.stats()).toEqual({ open: 0 })
    expect(uses.open()).toEqual({ feeds: 0, listeners: 0 })
  })
})
