import { inMemoryCruxStore, type DurableCruxStore } from '@crux/core'
import { describe, expect, vi } from 'vitest'
import { countUses } from '../support/count-uses.ts'
import { withFeeds } from '../support/faulty-stores.ts'
import { liveUrl, test } from '../support/live-test.ts'
import type { SentPart } from '../support/read-frames.ts'
import { createWriter, planChange } from '../support/writer.ts'
import { eventually } from '../../../../test/eventually.ts'

interface PollAnswer {
  readonly cursor: string
  readonly reset: boolean
  readonly changes: readonly SentPart[]
  readonly retryAfterMs: number
}

const ask = (query: Record<string, string> = {}, init: RequestInit = {}) =>
  new Request(`${liveUrl}?${new URLSearchParams(query)}`, {
    headers: { accept: 'application/json' },
    ...init,
  })

async function poll(
  handler: (request: Request) => Promise<Response>,
  query: Record<string, string> = {},
): Promise<PollAnswer> {
  const response = await handler(ask(query))
  expect(response.status).toBe(200)
  return (await response.json()) as PollAnswer
}

const keysOf = ({ changes }: PollAnswer) => changes.map(({ key }) => key)

describe('LIVE-19 the polling form', () => {
  test('LIVE-19 gives everything first, then what changed, then nothing', async ({ makeHandler, write }) => {
    await write.commit(planChange('a'), planChange('b'))
    const handler = makeHandler({ retryMs: 700 })
    const first = await poll(handler)
    expect({ ...first, cursor: first.cursor.split('.')[1] }).toMatchInlineSnapshot(`
      {
        "changes": [
          {
            "entity": "plan",
            "event": "updated",
            "key": "a",
            "revision": 1,
            "value": {
              "content": "First build it, then ship it.",
              "createdAt": 1767225600000,
              "id": "a",
              "title": "Launch the site",
              "updatedAt": 1767225600000,
              "version": 1,
            },
          },
          {
            "entity": "plan",
            "event": "updated",
            "key": "b",
            "revision": 1,
            "value": {
              "content": "First build it, then ship it.",
              "createdAt": 1767225600000,
              "id": "b",
              "title": "Launch the site",
              "updatedAt": 1767225600000,
              "version": 1,
            },
          },
        ],
        "cursor": "2",
        "reset": true,
        "retryAfterMs": 700,
      }
    `)
    await write.plan('b', { title: 'Two' })
    await write.plan('b', { title: 'Three' })
    const second = await poll(handler, { after: first.cursor })
    expect([second.reset, keysOf(second), second.changes[0]?.revision]).toEqual([false, ['b'], 3])
    const third = await poll(handler, { after: second.cursor })
    expect(third).toEqual({ cursor: second.cursor, reset: false, changes: [], retryAfterMs: 700 })
  })

  test('LIVE-19 its answers are never kept by a cache, and an event stream wins', async ({ makeHandler }) => {
    const handler = makeHandler({ headers: { vary: 'origin' } })
    const { headers } = await handler(ask())
    expect(Object.fromEntries(headers)).toEqual({
      'cache-control': 'private, no-store',
      'content-type': 'application/json',
      vary: 'origin, accept',
    })
    const both = await handler(ask({}, { headers: { accept: 'application/json, text/event-stream' } }))
    expect(both.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    await both.body?.cancel()
  })

  test('LIVE-19 an unusable cursor means a reset, and removed tasks are not in it', async ({
    makeHandler,
    write,
  }) => {
    await write.task('l', 'a')
    await write.task('l', 'b')
    const handler = makeHandler()
    const { cursor } = await poll(handler)
    await write.task('l', 'a', { removedAt: 3 }, 'removed')
    expect((await poll(handler, { after: cursor })).changes).toMatchObject([{ key: 'l/a', event: 'removed' }])
    const reset = await poll(handler, { after: 'nothing' })
    expect([reset.reset, keysOf(reset)]).toEqual([true, ['l/b']])
  })

  test('LIVE-19 LIVE-12 project and viewKey hold', async ({ makeHandler, write }) => {
    await write.commit(planChange('a'), planChange('b'))
    const isHidden = new Set(['b'])
    const handler = makeHandler({
      viewKey: () => 'guest',
      project: ({ key }) => (isHidden.has(key) ? undefined : { key }),
    })
    const first = await poll(handler)
    expect(first.changes.map(({ value }) => value)).toEqual([{ key: 'a' }])
    isHidden.add('a')
    await write.plan('a')
    const second = await poll(handler, { after: first.cursor })
    expect(second).toMatchObject({ reset: false, changes: [{ key: 'a', event: 'removed', revision: 2 }] })
    const other = makeHandler({ viewKey: () => 'admin' })
    expect((await poll(other, { after: second.cursor })).reset).toBe(true)
  })

  test('LIVE-19 wait holds it until something changes', async ({ makeHandler, write }) => {
    const handler = makeHandler({ prefix: 's:' })
    const { cursor } = await poll(handler)
    const held = poll(handler, { after: cursor, wait: '20000' })
    await eventually(() => expect(handler.stats()).toEqual({ open: 1 }))
    await write.plan('elsewhere')
    expect(handler.stats()).toEqual({ open: 1 })
    await write.plan('s:p')
    expect(keysOf(await held)).toEqual(['s:p'])
    expect(handler.stats()).toEqual({ open: 0 })
  })

  test('LIVE-19 it is held for at most so long, never for more than 25 s, and counts as a connection', async ({
    makeHandler,
    store,
  }) => {
    const uses = countUses(store)
    const handler = makeHandler({ store: uses.store, maxConnections: 1 })
    const { cursor } = await poll(handler)
    expect(await poll(handler, { after: cursor, wait: '5' })).toMatchObject({ cursor, changes: [] })

    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const held = poll(handler, { after: cursor, wait: '999999999' })
      await vi.waitUntil(() => handler.stats().open === 1 && uses.open().feeds === 0)
      expect((await handler(ask())).status).toBe(503)
      await vi.advanceTimersByTimeAsync(24_000)
      expect(handler.stats()).toEqual({ open: 1 })
      await vi.advanceTimersByTimeAsync(1_000)
      expect((await held).changes).toEqual([])
      expect(uses.open()).toEqual({ feeds: 0, listeners: 0 })
    } finally {
      vi.useRealTimers()
    }
  })

  test.for([
    ['withdraw', (handler: { withdraw: (scope: string) => void }) => handler.withdraw('s:')],
    ['close', (handler: { close: () => void }) => handler.close()],
  ] as const)(
    'LIVE-16 LIVE-19 %s answers held polls at once, without changes',
    async ([, end], { makeHandler, store, write }) => {
      const uses = countUses(store)
      const handler = makeHandler({ store: uses.store, prefix: 's:in:' })
      await write.plan('s:in:p')
      const { cursor } = await poll(handler)
      const held = poll(handler, { after: cursor, wait: '20000' })
      await eventually(() => expect([handler.stats(), uses.open().feeds]).toEqual([{ open: 1 }, 0]))
      end(handler)
      expect(await held).toMatchObject({ cursor, reset: false, changes: [] })
      expect([handler.stats(), uses.open()]).toEqual([{ open: 0 }, { feeds: 0, listeners: 0 }])
    },
  )

  test('LIVE-16 LIVE-19 a poll whose scope is withdrawn while it reads tells nothing', async ({
    makeHandler,
    store,
    write,
  }) => {
    await write.plan('s:p')
    let goOn = () => {}
    const gate = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const slow = withFeeds(store, async function* (inner, options) {
      for await (const batch of inner.changes({ ...options, signal: new AbortController().signal })) {
        await gate
        yield batch
      }
    })
    const handler = makeHandler({ store: slow, prefix: 's:' })
    const answering = poll(handler)
    await eventually(() => expect(handler.stats()).toEqual({ open: 1 }))
    handler.withdraw('s:')
    goOn()
    expect(await answering).toMatchObject({ cursor: '', reset: false, changes: [] })
  })

  test('LIVE-19 a held poll hears that the data is not what it was', async ({ makeHandler }) => {
    const store = inMemoryCruxStore() as DurableCruxStore
    const handler = makeHandler({ store })
    const { cursor } = await poll(handler)
    const held = poll(handler, { after: cursor, wait: '20000' })
    await eventually(() => expect(handler.stats()).toEqual({ open: 1 }))
    await store.renewEpoch()
    await createWriter(store).plan('a')
    expect(await held).toMatchObject({ reset: true })
  })

  test('LIVE-19 a client that leaves gives its place back', async ({ makeHandler }) => {
    const handler = makeHandler()
    const { cursor } = await poll(handler)
    const aborting = new AbortController()
    const held = handler(ask({ after: cursor, wait: '20000' }, { signal: aborting.signal }))
    await eventually(() => expect(handler.stats()).toEqual({ open: 1 }))
    aborting.abort()
    await held
    expect(handler.stats()).toEqual({ open: 0 })
  })

  test.for(['x', '-5', '0', ''])('REL-20 wait=%s is not held', async (wait, { makeHandler }) => {
    const handler = makeHandler()
    const { cursor } = await poll(handler)
    expect((await poll(handler, { after: cursor, wait })).changes).toEqual([])
  })
})
