import { inMemoryCruxStore, type DurableCruxStore } from '@crux/core'
import {
  createCruxClient,
  createPollingTransport,
  createSSETransport,
  type CruxClient,
  type CruxTransport,
} from '@crux/core/client'
import { toNodeHandler } from '@crux/server'
import fc from 'fast-check'
import { describe, expect, onTestFinished, vi } from 'vitest'
import { cuttingProxy } from '../support/cutting-proxy.ts'
import { test } from '../support/live-test.ts'
import { createWriter, listChange, planChange, taskChange } from '../support/writer.ts'

const backoff = { baseMs: 1, maxMs: 20 }
const numRuns = Number(process.env['CRUX_RUNS'] ?? 40)

/** A client that is connected until the end of the test. */
function connect(transport: CruxTransport) {
  const client = createCruxClient({ transport })
  onTestFinished(() => client.close())
  client.subscribe('connection', () => {})
  return client
}

const poll = (url: string, options: Parameters<typeof createPollingTransport>[1] = {}) =>
  connect(createPollingTransport(url, { intervalMs: 5, backoff, ...options }))

const until = (expectation: () => void) => vi.waitFor(expectation, { timeout: 20_000, interval: 2 })

const untilReady = (client: CruxClient) =>
  until(() => expect(client.getConnection()).toMatchObject({ isReady: true, status: 'live' }))

describe('CLI-6 the polling transport and a real handler', () => {
  test('CLI-6 LIVE-19 a snapshot, then what changes, then the end', async ({
    makeHandler,
    listen,
    write,
  }) => {
    await write.commit(planChange('p'), listChange('l', { planId: 'p' }), taskChange('l', 'a'))
    let isAllowed = true
    const handler = makeHandler({ retryMs: 0, authorize: () => isAllowed })
    const { url } = await listen(toNodeHandler(handler))
    const client = poll(url)
    await untilReady(client)
    expect(client.getPlan('p')?.title).toBe('Launch the site')
    expect(client.getTasks('l').map(({ id }) => id)).toEqual(['a'])

    const shown: unknown[] = []
    client.subscribe({ tasksOf: 'l' }, () =>
      shown.push([client.getTask('l', 'a')?.status, client.getTaskList('l')?.status]),
    )
    await write.commit(
      taskChange('l', 'a', { status: 'completed', endedAt: 1 }, 'completed'),
      listChange('l', { planId: 'p', status: 'completed' }),
    )
    await until(() => expect(client.getTaskList('l')?.status).toBe('completed'))
    expect(shown).toEqual([['completed', 'completed']])

    isAllowed = false
    await until(() => expect(client.getConnection().status).toBe('failed'))
  })

  test('CLI-6 a long poll brings a change when it happens, and no request without one', async ({
    makeHandler,
    listen,
    write,
  }) => {
    const handler = makeHandler()
    const nodeHandler = toNodeHandler(handler)
    let requests = 0
    const { url } = await listen((request, response) => {
      requests += 1
      nodeHandler(request, response)
    })
    const client = poll(url, { waitMs: 20_000, intervalMs: 1_000_000 })
    await untilReady(client)
    for (const title of ['One', 'Two', 'Three']) {
      await until(() => expect(handler.stats()).toEqual({ open: 1 }))
      await write.plan('p', { title })
      await until(() => expect(client.getPlan('p')?.title).toBe(title))
    }
    await until(() => expect(handler.stats()).toEqual({ open: 1 }))
    expect(requests).toBe(5)
    client.close()
    await until(() => expect(handler.stats()).toEqual({ open: 0 }))
  })

  test('CLI-6 D3 another epoch, and a purge, leave what the store still holds', async ({
    makeHandler,
    listen,
  }) => {
    const store = inMemoryCruxStore() as DurableCruxStore
    onTestFinished(() => store.close())
    const write = createWriter(store)
    await write.commit(planChange('kept'), planChange('old', { discardedAt: 1 }))
    const { url } = await listen(toNodeHandler(makeHandler({ store, retryMs: 0 })))
    const client = poll(url)
    await untilReady(client)
    const plans = () =>
      client
        .getPlans({ includeDiscarded: true })
        .map(({ id }) => id)
        .toSorted()
    expect(plans()).toEqual(['kept', 'old'])
    await store.purge({ before: Date.now() + 1_000_000 })
    await store.renewEpoch()
    await write.plan('new')
    await until(() => expect(plans()).toEqual(['kept', 'new']))
  })

  test('CLI-6 LIVE-13 LIVE-16 a client of a handler that closes comes back to the next one', async ({
    makeHandler,
    listen,
    write,
  }) => {
    await write.plan('p')
    let handler = makeHandler()
    const { url } = await listen((request, response) => toNodeHandler(handler)(request, response))
    const client = poll(url, { waitMs: 20_000 })
    await untilReady(client)
    await until(() => expect(handler.stats()).toEqual({ open: 1 }))
    const old = handler
    handler = makeHandler()
    old.close()
    await until(() => expect(handler.stats()).toEqual({ open: 1 }))
    await write.plan('p', { title: 'Later' })
    await until(() => expect(client.getPlan('p')?.title).toBe('Later'))
    expect(client.getConnection().status).toBe('live')
  })

  test(
    'CLI-6 REL-1 answers that are cut at random bytes end in the state of the store',
    async ({ makeHandler, listen, write }) => {
      const { port } = await listen(toNodeHandler(makeHandler({ retryMs: 0 })))
      let seed = 4_711
      const proxy = await cuttingProxy(port, () => {
        seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
        return 300 + (seed % 3_000)
      })
      const client = poll(`http://127.0.0.1:${proxy.port}/live`, { backoff: { baseMs: 0 } })
      let version = 0
      while (proxy.cuts() < numRuns) {
        version += 1
        await write.commit(
          taskChange('l', `t${version % 5}`, { attempt: version }),
          planChange('p', { version }),
        )
        await until(() => expect(client.getPlan('p')?.version).toBe(version))
        expect(client.getTask('l', `t${version % 5}`)?.attempt).toBe(version)
      }
    },
    30_000 + numRuns * 1_000,
  )
})

test('CLI-6 D1 whatever is written, polls and a stream end in the same cache', async ({ makeHandler }) => {
  const key = fc.constantFrom('p1', 'p2', 'l1', 'l2', 'l1/a', 'l1/b', 'l2/a')
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.uniqueArray(key, { minLength: 1, maxLength: 4 }) },
    { weight: 1, arbitrary: fc.constantFrom('remove' as const, 'renew' as const, 'pause' as const) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.boolean(), async (steps, isLong) => {
      const store = inMemoryCruxStore() as DurableCruxStore
      const write = createWriter(store)
      const handler = makeHandler({ store, retryMs: 0, progressWindowMs: 0 })
      const fetch: typeof globalThis.fetch = (input, init) => handler(new Request(input, init))
      const clients = [
        createCruxClient({ transport: createSSETransport('http://test.invalid/', { fetch, backoff }) }),
        createCruxClient({
          transport: createPollingTransport('http://test.invalid/', {
            fetch,
            backoff,
            intervalMs: 0,
            ...(isLong && { waitMs: 20_000 }),
          }),
        }),
      ]
      for (const client of clients) client.subscribe('connection', () => {})
      let count = 0
      for (const action of steps) {
        count += 1
        if (action === 'renew') await store.renewEpoch()
        else if (action === 'pause') await new Promise((resolve) => setTimeout(resolve, 2))
        else if (action === 'remove') await write.task('l1', 'a', { removedAt: count }, 'removed')
        else await write.commit(...action.map((name) => changeOf(name, count)))
      }
      await write.plan('last', { version: count + 1 })
      for (const client of clients) await until(() => expect(client.getPlan('last')?.version).toBe(count + 1))
      const [streamed, polled] = clients.map((client) => contentOf(client))
      expect(polled).toEqual(streamed)
      for (const client of clients) client.close()
      handler.close()
      await store.close()
    }),
    { numRuns },
  )
})

function changeOf(key: string, count: number) {
  const [listId = '', taskId] = key.split('/')
  if (taskId !== undefined) return taskChange(listId, taskId, { attempt: count })
  return key.startsWith('p') ? planChange(key, { version: count }) : listChange(key, { updatedAt: count })
}

function contentOf(client: CruxClient) {
  const lists = ['l1', 'l2']
  return {
    plans: client.getPlans({ includeDiscarded: true }),
    lists: lists.map((id) => client.getTaskList(id)),
    tasks: lists.map((id) => client.getTasks(id)),
    dropped: client.getConnection().dropped,
  }
}
