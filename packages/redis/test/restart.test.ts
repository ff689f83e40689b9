import { type ChangeBatch, createCrux, type CruxRecord, type CruxStore } from '@crux/core'
import { examplePlan } from '@crux/core/testing'
import { cruxRedisStore } from '@crux/redis'
import { describe, expect, test, vi } from 'vitest'
import { clients } from './clients.ts'
import { hasRedisServer, type PrivateRedis, startRedis } from './private-redis.ts'
import { eventually } from '../../../test/eventually.ts'

/** Writes each commit to disk before it is acknowledged. */
const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']

const plan = (key: string, ifRevision = 0) =>
  ({
    entity: 'plan',
    key,
    value: examplePlan({ id: key }),
    event: ifRevision === 0 ? 'created' : 'updated',
    ifRevision,
  }) as const

type Library = keyof typeof clients

function open({ port }: PrivateRedis, library: Library = 'ioredis 6'): CruxStore {
  return cruxRedisStore({ client: clients[library](port), pollIntervalMs: 50, timeoutMs: 2_000 })
}

/** What a client that follows a store holds: a reset forgets, the highest revision stays (D1). */
function follow(store: CruxStore) {
  const abort = new AbortController()
  const held = new Map<string, CruxRecord>()
  const batches: ChangeBatch[] = []
  const read = async () => {
    for await (const batch of store.changes({ signal: abort.signal })) {
      batches.push(batch)
      if (batch.reset) held.clear()
      for (const record of batch.changes) {
        if (record.revision > (held.get(record.key)?.revision ?? 0)) held.set(record.key, record)
      }
    }
  }
  const ended = read()
  return {
    held,
    readyCount: () => batches.filter(({ ready }) => ready).length,
    resetCount: () => batches.filter(({ reset }) => reset).length,
    stop: () => {
      abort.abort()
      return ended
    },
  }
}

async function stateOf(store: CruxStore): Promise<ReadonlyMap<string, CruxRecord>> {
  const { records } = await store.list({ limit: 500 })
  return new Map(records.map((record) => [record.key, record]))
}

const epochOf = (cursor: string) => cursor.split('.')[0]

describe.skipIf(!hasRedisServer)('a server that restarts', () => {
  test.each(['redis 6', 'ioredis 6'] as const)(
    'REL-4 under load loses nothing acknowledged that it keeps on disk, through %s',
    { timeout: 30_000 },
    async (library) => {
      await using server = await startRedis(durable)
      const stores = [open(server, library), open(server, library)]
      const reader = open(server, library)
      const feed = follow(reader)
      await vi.waitFor(() => expect(feed.readyCount()).toBe(1), 10_000)

      const acknowledged = new Map<string, number>()
      let count = 0
      let isOver = false
      const write = async (store: CruxStore, name: string) => {
        for (let step = 0; !isOver; step++) {
          const key = `${name}:p${step % 40}`
          try {
            const found = await store.get({ entity: 'plan', key })
            const { records } = await store.commit([plan(key, found?.revision)])
            for (const { revision } of records) acknowledged.set(key, revision)
            count++
          } catch {
            // The server is away.
          }
        }
      }
      const acknowledgedMore = async () => {
        const before = count
        await vi.waitFor(() => expect(count).toBeGreaterThan(before + 100), 10_000)
      }
      const writing = stores.flatMap((store, index) => [write(store, `a${index}`), write(store, `b${index}`)])
      for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
        await acknowledgedMore()
        await server.stop(signal)
        await server.start()
      }
      await acknowledgedMore()
      isOver = true
      await Promise.all(writing)

      const state = await vi.waitFor(() => stateOf(reader), 10_000)
      const lost = [...acknowledged].filter(([key, revision]) => (state.get(key)?.revision ?? 0) < revision)
      expect(lost).toEqual([])
      await vi.waitFor(() => expect(new Map(feed.held)).toEqual(new Map(state)), 10_000)
      await feed.stop()
      for (const store of [...stores, reader]) await store.close()
    },
  )

  test('STO-12 with its data, starts every feed over, because it may have lost the last of it', async () => {
    await using server = await startRedis(durable)
    const [writer, reader] = [open(server), open(server)]
    const feed = follow(reader)
    const resets: ChangeBatch[] = []
    reader.subscribe((batch) => batch.reset && resets.push(batch))
    const before = await writer.commit([plan('a:p')])
    await eventually(() => expect(feed.held.size).toBe(1))
    await server.stop('SIGTERM')
    await server.start()
    await vi.waitFor(() => expect(feed.resetCount()).toBe(2), 10_000)
    await vi.waitFor(async () => expect(feed.held).toEqual(await stateOf(writer)), 10_000)
    expect(resets).toEqual([{ changes: [], reset: true }])
    const after = await writer.commit([])
    expect(epochOf(after.cursor)).not.toBe(epochOf(before.cursor))
    await feed.stop()
    await writer.close()
    await reader.close()
  })

  test('STO-12 empty, starts every feed over: nobody keeps what is gone', async () => {
    await using server = await startRedis()
    const [writer, reader] = [open(server), open(server)]
    await writer.commit([plan('a:gone'), plan('a:gone-too')])
    const feed = follow(reader)
    await eventually(() => expect(feed.held.size).toBe(2))
    await server.stop('SIGKILL')
    await server.start()
    await vi.waitFor(() => writer.commit([plan('a:new')]), 10_000)
    await vi.waitFor(async () => expect([...feed.held.keys()]).toEqual(['a:new']), 10_000)
    await feed.stop()
    await writer.close()
    await reader.close()
  })

  test('STO-12 after a loss, as a failover has it, positions that are given out again fool nobody', async () => {
    await using server = await startRedis()
    const [writer, reader] = [open(server), open(server)]
    const feed = follow(reader)
    await writer.commit([plan('a:kept')])
    await server.admin.save()
    await writer.commit([plan('a:lost')])
    const { cursor } = await writer.commit([plan('a:lost-too')])
    await eventually(() => expect(feed.held.size).toBe(3))
    await server.stop('SIGKILL')
    await server.start()
    // As many positions as were lost, by someone who knows nothing of them.
    const other = open(server)
    await vi.waitFor(() => other.list(), 10_000)
    const again = await other.commit([plan('b:1'), plan('b:2')])
    expect(again.records.at(-1)?.seq).toBe(3)
    expect(again.cursor).not.toBe(cursor)
    await vi.waitFor(() => expect([...feed.held.keys()].toSorted()).toEqual(['a:kept', 'b:1', 'b:2']), 10_000)
    // A client that was away comes back with a cursor of what was lost.
    const late: ChangeBatch[] = []
    for await (const batch of other.changes({ after: cursor, signal: new AbortController().signal })) {
      late.push(batch)
      if (batch.ready) break
    }
    expect(late[0]?.reset).toBe(true)
    await feed.stop()
    for (const store of [writer, reader, other]) await store.close()
  })

  test('STO-12 a connection that is lost without a restart resets nobody', async () => {
    await using server = await startRedis()
    const [writer, reader] = [open(server), open(server)]
    const feed = follow(reader)
    const before = await writer.commit([plan('a:1')])
    await eventually(() => expect(feed.held.size).toBe(1))
    await server.admin.call('CLIENT', ['KILL', 'TYPE', 'normal'])
    await server.admin.call('CLIENT', ['KILL', 'TYPE', 'pubsub'])
    await server.admin.script('FLUSH')
    await vi.waitFor(() => writer.commit([plan('a:2')]), 10_000)
    await vi.waitFor(() => expect(feed.held.size).toBe(2), 10_000)
    expect(feed.resetCount()).toBe(1)
    expect(epochOf((await writer.commit([])).cursor)).toBe(epochOf(before.cursor))
    await feed.stop()
    await writer.close()
    await reader.close()
  })

  test('STO-12 a task list goes on after a restart where it was', async () => {
    await using server = await startRedis(durable)
    const store = open(server)
    const { id } = await createCrux({ store }).tasklist({ tasks: [{ id: 't', label: 'T' }] })
    await createCrux({ store }).taskListAgent(id).startTask('t')
    await server.stop('SIGKILL')
    await server.start()
    await vi.waitFor(() => store.list(), 10_000)
    const list = createCrux({ store }).taskListAgent(id)
    await list.completeTask('t')
    expect(await list.get()).toMatchObject({ status: 'completed' })
    await store.close()
  })
})
