import { createCruxClient, createSSETransport, type CruxClient } from '@crux/core/client'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { openBrowser } from './browser-tabs.ts'
import { liveFetch } from './live-fetch.ts'
import { recordingSink } from './recording-sink.ts'
import { stubPage } from './stub-page.ts'

const url = 'https://app.example.test/live'
const numRuns = Number(process.env['CRUX_RUNS'] ?? 60)

let page: ReturnType<typeof stubPage>
beforeEach(() => {
  page = stubPage()
})
afterEach(() => void vi.unstubAllGlobals())

type Options = NonNullable<Parameters<typeof createSSETransport>[1]>

/** Waits for what happens without a clock. */
const until = (expectation: () => void) => vi.waitFor(expectation, { timeout: 10_000, interval: 2 })

/** A browser and a server; each tab that is opened has a client of its own. */
function start(random?: () => number) {
  const browser = openBrowser(random)
  const server = liveFetch(random)
  return {
    ...browser,
    server,
    openTab: async (options: Options = {}, at = url) => {
      const tab = browser.openTab()
      const transport = createSSETransport(at, {
        share: 'user-1',
        fetch: server.fetchIn(tab.signal),
        backoff: { baseMs: 1, maxMs: 5 },
        ...options,
      })
      const client = createCruxClient({ transport })
      onTestFinished(() => client.close())
      const statuses: string[] = []
      client.subscribe('connection', () => {
        const { status } = client.getConnection()
        if (statuses.at(-1) !== status) statuses.push(status)
      })
      tab.enter()
      // Its code is loaded before it begins.
      await until(() => expect(tab.hasAsked()).toBe(true))
      return { ...tab, client, statuses, status: () => client.getConnection().status }
    },
  }
}

const titles = (client: CruxClient) =>
  Object.fromEntries(client.getPlans().map(({ id, title }) => [id, title]))

/** What a client shows that has seen everything. */
const shown = (held: Record<string, number>) =>
  Object.fromEntries(Object.entries(held).map(([key, revision]) => [key, `${key} ${revision}`]))

describe('CLI-4 sharing one connection', () => {
  test('CLI-4 all tabs show what one connection brings, from a snapshot on', async () => {
    const { openTab, server } = start()
    server.put('a')
    const first = await openTab()
    await until(() => expect(first.status()).toBe('live'))
    server.put('b')
    const others = [await openTab(), await openTab()]
    for (const { client, status } of others) {
      await until(() => expect(status()).toBe('live'))
      expect(titles(client)).toEqual({ a: 'a 1', b: 'b 1' })
    }
    server.put('a')
    for (const { client } of [first, ...others])
      await until(() => expect(titles(client)).toEqual({ a: 'a 2', b: 'b 1' }))
    expect([server.open(), server.cursors]).toEqual([1, [undefined]])
  })

  test('CLI-4 a batch of the server is one batch in each tab', async () => {
    const { openTab, server } = start()
    await openTab()
    server.put('a')
    server.put('b')
    const browserTab = await openTab()
    await until(() => expect(browserTab.status()).toBe('live'))
    const calls: number[] = []
    browserTab.client.subscribe('plans', () => calls.push(browserTab.client.getPlans().length))
    server.put('c')
    await until(() => expect(calls).toEqual([3]))
  })

  test.each(['closed', 'crashed'])(
    'CLI-4 when the leader is %s, another goes on from its cursor',
    async (how) => {
      const { openTab, server } = start()
      server.put('a')
      const leader = await openTab()
      await until(() => expect(leader.status()).toBe('live'))
      const [second, third] = [await openTab(), await openTab()]
      for (const { status } of [second, third]) await until(() => expect(status()).toBe('live'))
      server.put('a')
      for (const { client } of [second, third])
        await until(() => expect(titles(client)).toEqual({ a: 'a 2' }))
      if (how === 'closed') leader.client.close()
      else leader.crash()
      server.put('b')
      for (const { client, status } of [second, third])
        await until(() => expect([titles(client), status()]).toEqual([{ a: 'a 2', b: 'b 1' }, 'live']))
      expect(server.cursors).toEqual([undefined, 'e.2'])
      expect([server.open(), server.mostOpen()]).toEqual([1, 1])
      // What came by the time that the connection was lost is known to be so until it is back.
      expect(second.statuses).toEqual(['connecting', 'live', 'reconnecting', 'live'])
    },
  )

  test('CLI-4 a tab is given a snapshot when it comes, and none as long as it misses nothing', async () => {
    const { openTab, server, said } = start(() => 0.9)
    // An answer of the server takes longer than a word between tabs.
    const tabs = [await openTab(), await openTab(), await openTab()]
    const putMany = async (left: typeof tabs) => {
      for (const key of ['a', 'b', 'a', 'c']) server.put(key)
      for (const { client } of left) await until(() => expect(titles(client)).toEqual(shown(server.held())))
    }
    await putMany(tabs)
    server.cut()
    await putMany(tabs)
    tabs[0]?.crash()
    await putMany(tabs.slice(1))
    server.cut()
    await putMany(tabs.slice(1))
    expect(said.filter((message) => JSON.stringify(message).includes('"reset":true'))).toHaveLength(2)
  })

  test('CLI-4 a tab that goes while it is given the connection does not keep it from the others', async () => {
    const { openTab, server, locks } = start()
    const tabs = [await openTab(), await openTab(), await openTab()]
    const [first, second, third] = tabs.map(({ client }) => client)
    for (const { status } of tabs) await until(() => expect(status()).toBe('live'))
    first?.close()
    const isSecond = () => locks().some(({ isHeld, tab }) => isHeld && tab === tabs[1]?.id)
    while (!isSecond()) await new Promise((resolve) => setImmediate(resolve))
    second?.close()
    server.put('a')
    await until(() => expect(third && titles(third)).toEqual({ a: 'a 1' }))
  })

  test('CLI-4 the status of the connection is that of every tab', async () => {
    const { openTab, server } = start()
    const tabs = [await openTab(), await openTab()]
    for (const { status } of tabs) await until(() => expect(status()).toBe('live'))
    server.cut()
    server.put('a')
    for (const { client } of tabs) await until(() => expect(titles(client)).toEqual({ a: 'a 1' }))
    for (const { statuses } of tabs) expect(statuses).toEqual(['connecting', 'live', 'reconnecting', 'live'])
    expect(server.cursors).toEqual([undefined, 'e.0'])
  })

  test('CLI-4 a tab that opens while there is no connection shows what the others do', async () => {
    const { openTab, server } = start()
    server.put('a')
    const leader = await openTab({ backoff: { baseMs: 10 ** 9, maxMs: 10 ** 9 } })
    await until(() => expect(leader.status()).toBe('live'))
    server.cut()
    await until(() => expect(leader.status()).toBe('reconnecting'))
    const late = await openTab()
    await until(() => expect([late.status(), titles(late.client)]).toEqual(['reconnecting', { a: 'a 1' }]))
  })

  test('CLI-4 CLI-1 a tab that is opened, or looked at, ends the wait of the one with the connection', async () => {
    const { openTab, server } = start()
    const slow = { backoff: { baseMs: 10 ** 9, maxMs: 10 ** 9 } }
    const leader = await openTab(slow)
    await until(() => expect(leader.status()).toBe('live'))
    server.cut()
    await until(() => expect(leader.status()).toBe('reconnecting'))
    const late = await openTab(slow)
    for (const { status } of [leader, late]) await until(() => expect(status()).toBe('live'))
    expect(server.cursors).toEqual([undefined, 'e.0'])
  })

  test('CLI-4 retry() in any tab reaches the leader', async () => {
    const { openTab, server } = start()
    const slow = { backoff: { baseMs: 10 ** 9, maxMs: 10 ** 9 } }
    const tabs = [await openTab(slow), await openTab(slow)]
    for (const { status } of tabs) await until(() => expect(status()).toBe('live'))
    server.cut()
    for (const { status } of tabs) await until(() => expect(status()).toBe('reconnecting'))
    tabs[1]?.client.retry()
    for (const { status } of tabs) await until(() => expect(status()).toBe('live'))
    expect(server.cursors).toHaveLength(2)
  })

  test.each([
    [403, 'failed'],
    [204, 'ended'],
  ] as const)(
    'CLI-4 after %i all are %s, nobody asks again, and retry() in any of them starts anew',
    async (code, final) => {
      const { openTab, server, locks } = start()
      server.put('a')
      const tabs = [await openTab(), await openTab(), await openTab()]
      for (const { status } of tabs) await until(() => expect(status()).toBe('live'))
      server.refuse(code)
      server.cut()
      for (const { status } of tabs) await until(() => expect(status()).toBe(final))
      await until(() => expect(locks()).toEqual([]))
      expect(server.cursors).toHaveLength(2)
      const errors = tabs.map(({ client }) => client.getConnection().error)
      const expected = { name: 'SseClientError', code: 'http', status: code }
      expect(errors).toMatchObject(Array(3).fill(final === 'failed' ? expected : undefined))

      server.refuse(undefined)
      server.put('b')
      tabs[2]?.client.retry()
      for (const { client, status } of tabs)
        await until(() => expect([status(), titles(client)]).toEqual(['live', { a: 'a 1', b: 'b 1' }]))
      expect([server.open(), server.cursors]).toEqual([1, [undefined, 'e.1', 'e.1']])
      // They are in the queue again, so the next one goes on.
      tabs[2]?.crash()
      server.put('c')
      for (const { client } of tabs.slice(0, 2))
        await until(() => expect(titles(client)).toEqual({ a: 'a 1', b: 'b 1', c: 'c 1' }))
      expect(server.mostOpen()).toBe(1)
    },
  )

  test('CLI-4 a retry() while others still leave the queue is heard', async () => {
    const { openTab, server } = start()
    const tabs = [await openTab(), await openTab()]
    for (const { status } of tabs) await until(() => expect(status()).toBe('live'))
    server.refuse(403)
    const [leader, follower] = tabs
    leader?.client.subscribe('connection', () => {
      if (leader.status() !== 'failed') return
      server.refuse(undefined)
      leader.client.retry()
      follower?.client.retry()
    })
    server.cut()
    server.put('a')
    for (const { client } of tabs) await until(() => expect(titles(client)).toEqual({ a: 'a 1' }))
    for (const { status } of tabs) await until(() => expect(status()).toBe('live'))
    expect(server.mostOpen()).toBe(1)
  })

  test('CLI-4 another name, URL or query is another connection', async () => {
    const { openTab, server, locks } = start()
    const tabs = [
      await openTab(),
      await openTab({ share: 'user-2' }),
      await openTab({ share: 'true' }),
      await openTab({ share: true }),
      await openTab({ query: { room: 1 } }),
      await openTab({}, `${url}/other`),
    ]
    for (const { status } of tabs) await until(() => expect(status()).toBe('live'))
    expect(server.open()).toBe(6)
    expect(new Set(locks().map(({ name }) => name)).size).toBe(6)
  })

  test('CLI-4 the same URL, however it is written, is the same connection', async () => {
    const { openTab, server } = start()
    const tabs = [await openTab({ query: { room: 1 } }), await openTab({}, `${url}?room=1#top`)]
    for (const { status } of tabs) await until(() => expect(status()).toBe('live'))
    expect(server.open()).toBe(1)
  })

  test('CLI-4 two clients of one tab share too, and either may go', async () => {
    const { server } = start()
    const tab = openBrowser().openTab()
    const transport = createSSETransport(url, { share: 'user-1', fetch: server.fetchIn(tab.signal) })
    tab.enter()
    const [one, two] = [recordingSink(), recordingSink()]
    const undo = transport.connect(one.sink)
    onTestFinished(transport.connect(two.sink))
    for (const { status } of [one, two]) await until(() => expect(status()).toBe('live'))
    expect(server.open()).toBe(1)
    undo()
    const before = one.calls.length
    server.put('a')
    await until(() => expect([...two.entities().keys()]).toEqual(['a']))
    expect([one.calls.length, server.open()]).toEqual([before, 1])
  })

  test.each([
    ['when it wakes', false, () => page.see('visible')],
    ['with the next change', false, (put: (key: string) => void) => put('c')],
    ['when it wakes, though the cursor is the same', true, () => page.see('visible')],
    ['with the next change, though the cursor is the same', true, (put: (key: string) => void) => put('c')],
  ])('CLI-4 a tab that has missed something gets it %s', async (_when, isLate, happen) => {
    const { openTab, server } = start()
    await openTab()
    const follower = await openTab()
    await until(() => expect(follower.status()).toBe('live'))
    server.put('a')
    await until(() => expect(titles(follower.client)).toEqual({ a: 'a 1' }))
    follower.setDeaf(true)
    server.put('b', isLate)
    // One that is not deaf has heard of it by now.
    const other = await openTab()
    await until(() => expect(titles(other.client)).toEqual({ a: 'a 1', b: 'b 1' }))
    follower.setDeaf(false)
    happen(server.put)
    await until(() => expect(titles(follower.client)).toEqual(shown(server.held())))
    expect(server.cursors).toEqual([undefined])
  })

  test('CLI-4 what a leader said that is gone comes too late to be heard', async () => {
    const { openTab, server, slowDown } = start()
    const slow = { backoff: { baseMs: 10 ** 9, maxMs: 10 ** 9 } }
    server.put('a')
    const old = await openTab(slow)
    await until(() => expect(old.status()).toBe('live'))
    const next = await openTab()
    await until(() => expect(next.status()).toBe('live'))
    const deliver = slowDown(old, { id: next.id + 1 })
    // Its greeting is answered with a snapshot, which stays on its way; so does what comes after it.
    const late = await openTab()
    server.put('a')
    await until(() => expect(titles(next.client)).toEqual({ a: 'a 2' }))
    server.cut()
    await until(() => expect(next.status()).toBe('reconnecting'))
    old.crash()
    server.put('b')
    await until(() => expect([late.status(), titles(late.client)]).toEqual(['live', { a: 'a 2', b: 'b 1' }]))
    const statuses = [...late.statuses]
    const shownTitles: unknown[] = []
    late.client.subscribe('plans', () => shownTitles.push(titles(late.client)))
    deliver()
    // Comes after all of that.
    const last = await openTab()
    await until(() => expect(last.status()).toBe('live'))
    server.put('b')
    await until(() => expect(shownTitles).toEqual([{ a: 'a 2', b: 'b 2' }]))
    expect(late.statuses).toEqual(statuses)
  })

  test('CLI-4 CLI-5 polls that several tabs look at do not pause while the one that asks is hidden', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    page.see('hidden')
    let polls = 0
    const fetch: typeof globalThis.fetch = async (_input, init) => {
      if (new Headers(init?.headers).get('accept') !== 'application/json')
        return new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } })
      polls += 1
      const value = { title: `poll ${polls}` }
      const changes = [{ entity: 'plan', key: 'a', event: 'updated', revision: polls, value }]
      return Response.json({ cursor: `e.${polls}`, reset: polls === 1, changes, retryAfterMs: 0 })
    }
    const { openTab } = start()
    const tabs = [await openTab({ fetch, pollFallback: true }), await openTab({ fetch, pollFallback: true })]
    await vi.advanceTimersByTimeAsync(30_000)
    for (const { client } of tabs) await until(() => expect(titles(client)).toEqual({ a: `poll ${polls}` }))
    expect(polls).toBeGreaterThan(8)
  })

  test('CLI-4 what was removed, or was not in the last snapshot, is not told to a tab that comes later', async () => {
    const { openTab } = start()
    const part = (key: string, revision: number, fields: object = {}) =>
      `event: data-crux\ndata: ${JSON.stringify({ entity: 'plan', key, event: 'updated', revision, value: { title: key, ...fields } })}\n\n`
    const sync = (phase: string, id: string) => `event: crux-sync\nid: ${id}\ndata: {"phase":"${phase}"}\n\n`
    let send = (_text: string) => {}
    const fetch: typeof globalThis.fetch = async () => {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          send = (text) => controller.enqueue(new TextEncoder().encode(text))
        },
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    }
    const first = await openTab({ fetch })
    await until(() => expect(first.status()).toBe('connecting'))
    send(sync('reset', '') + part('old', 1) + sync('ready', 'e.1'))
    send(sync('reset', '') + part('a', 1) + part('b', 1) + sync('ready', 'f.2'))
    send(part('b', 2, { removedAt: 5 }) + sync('ready', 'f.3'))
    await until(() => expect(titles(first.client)).toEqual({ a: 'a' }))
    const second = recordingSink()
    onTestFinished(createSSETransport(url, { share: 'user-1', fetch }).connect(second.sink))
    await until(() => expect(second.status()).toBe('live'))
    expect(second.calls.filter(([what]) => what === 'apply')).toEqual([['apply', 'a@1']])
  })

  test('CLI-4 an undo leaves no lock, no listener and no connection behind', async () => {
    const { openTab, server, locks } = start()
    const tabs = [await openTab(), await openTab()]
    for (const { status } of tabs) await until(() => expect(status()).toBe('live'))
    for (const { client } of tabs.toReversed()) client.close()
    await until(() => expect(locks()).toEqual([]))
    expect([server.open(), page.listeners()]).toEqual([0, 0])
  })
})

describe('CLI-4 where there is nothing to share by', () => {
  const connectAlone = async (options: Options) => {
    const { fetchIn, open } = liveFetch()
    const transport = createSSETransport(url, { fetch: fetchIn(new AbortController().signal), ...options })
    const records = [recordingSink(), recordingSink()]
    for (const { sink } of records) onTestFinished(transport.connect(sink))
    for (const { status } of records) await until(() => expect(status()).toBe('live'))
    return open()
  }

  test('CLI-4 without a document, as on a server, every client is on its own', async () => {
    openBrowser().openTab().enter()
    vi.stubGlobal('document', undefined)
    expect(await connectAlone({ share: 'user-1' })).toBe(2)
    expect(await connectAlone({ share: true })).toBe(2)
  })

  test.each(['navigator', 'BroadcastChannel'])('CLI-4 without %s as well', async (name) => {
    openBrowser().openTab().enter()
    vi.stubGlobal(name, name === 'navigator' ? {} : undefined)
    expect(await connectAlone({ share: 'user-1' })).toBe(2)
  })

  test('CLI-4 and where the browser refuses a lock, or a channel', async () => {
    openBrowser().openTab().enter()
    vi.stubGlobal('navigator', {
      locks: { request: () => Promise.reject(new DOMException('No storage.', 'SecurityError')) },
    })
    expect(await connectAlone({ share: 'user-1' })).toBe(2)
    vi.stubGlobal(
      'BroadcastChannel',
      class {
        constructor() {
          throw new DOMException('No storage.', 'SecurityError')
        }
      },
    )
    expect(await connectAlone({ share: 'user-1' })).toBe(2)
  })

  test('CLI-4 share: true does not go with headers, whether there is a document or not', () => {
    const make = () => createSSETransport(url, { share: true, headers: { authorization: 'x' } })
    expect(make).toThrow(TypeError)
    vi.stubGlobal('document', undefined)
    expect(make).toThrow('give it the id of the user or session')
    expect(() => createSSETransport(url, { share: 'user-1', headers: { authorization: 'x' } })).not.toThrow()
  })
})

test('CLI-4 CLI-3 whatever tabs come, go and crash, in any order of what they hear, all end with everything, nobody goes back, and there was one connection', async () => {
  const action = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ put: fc.constantFrom('a', 'b', 'c', 'd', 'e'), isLate: fc.boolean() }),
    },
    { weight: 6, arbitrary: fc.nat(2).map((turns) => ({ turns })) },
    { weight: 3, arbitrary: fc.constant('crash the leader' as const) },
    { weight: 2, arbitrary: fc.constant('open' as const) },
    { weight: 1, arbitrary: fc.constant('cut' as const) },
    { weight: 1, arbitrary: fc.nat(5).map((index) => ({ close: index })) },
    { weight: 1, arbitrary: fc.nat(5).map((index) => ({ retry: index })) },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { maxLength: 30, size: 'max' }),
      fc.integer(),
      async (actions, seed) => {
        let state = seed
        const random = () => {
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0
          return state / 2 ** 32
        }
        const { openTab, server, locks } = start(random)
        const tabs: Awaited<ReturnType<typeof openTab>>[] = []
        const wentBack: string[] = []
        const opening = Array<'open'>(4).fill('open')
        for (const step of [...opening, ...actions, 'open' as const, { put: 'last', isLate: false }]) {
          if (step === 'cut') server.cut()
          else if (step === 'crash the leader') {
            const leader = locks().find(({ isHeld }) => isHeld)?.tab
            const index = tabs.findIndex(({ id }) => id === leader)
            if (index < 0) continue
            tabs[index]?.crash()
            tabs.splice(index, 1)[0]?.client.close()
          } else if (step === 'open') {
            const tab = await openTab()
            const seen = new Map<string, number>()
            tab.client.subscribe('plans', () => {
              for (const { id, title } of tab.client.getPlans()) {
                const revision = Number(title?.split(' ')[1])
                if (revision < (seen.get(id) ?? 0)) wentBack.push(id)
                seen.set(id, revision)
              }
            })
            tabs.push(tab)
          } else if ('put' in step) server.put(step.put, step.isLate)
          else if ('retry' in step) tabs[step.retry]?.client.retry()
          else if ('close' in step) tabs.splice(step.close, 1)[0]?.client.close()
          else
            for (let turn = 0; turn < step.turns; turn += 1) await new Promise((done) => setImmediate(done))
        }
        for (const { client, status } of tabs)
          await until(() => expect([status(), titles(client)]).toEqual(['live', shown(server.held())]))
        expect([server.open(), server.mostOpen(), wentBack]).toEqual([1, 1, []])
        for (const { client } of tabs) client.close()
      },
    ),
    { numRuns },
  )
})
