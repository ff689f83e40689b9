import { cruxRedisStore } from '@crux/redis'
import { Redis } from 'ioredis'
import { startChild } from '../measure/process-rpc.ts'
import { median } from '../measure/report.ts'
import type { RedisListenerMethods } from './redis-listener-process.ts'
import { perStep, wall, type OpenStoreBench, type RecordSample } from './store-bench.ts'
import { change, changeAtOnce, changed, changeOneByOne, createList, type Pair } from './task-changes.ts'

const url = process.env['CRUX_REDIS_URL'] ?? 'redis://127.0.0.1:6379'
const keyPrefix = `crux-bench-${process.pid}`
const handPrefix = `crux-bench-hand-${process.pid}`
const paced = 100

/** The least that does the same: checks two revisions, writes two records and their positions, publishes. */
const byHandScript = /* lua */ `
local found = redis.call('HMGET', KEYS[2], ARGV[2], ARGV[5])
for index = 1, 2 do
  local revision = found[index] and string.match(found[index], '^(%d+) ') or '0'
  if revision ~= ARGV[3 * index] then return redis.error_reply('CONFLICT another revision') end
end
local seq = redis.call('HINCRBY', KEYS[1], 'seq', 2)
redis.call('HSET', KEYS[2],
  ARGV[2], ARGV[3] + 1 .. ' ' .. seq - 1 .. ' ' .. ARGV[4],
  ARGV[5], ARGV[6] + 1 .. ' ' .. seq .. ' ' .. ARGV[7])
redis.call('ZADD', KEYS[3], seq - 1, ARGV[2], seq, ARGV[5])
redis.call('PUBLISH', ARGV[1], seq)
return seq
`

/** The Redis store beside a script by hand on a connection of the same library, by the clock (PERF-33 to PERF-35). */
export const openRedisBench: OpenStoreBench = async () => {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: null })
  if (
    !(await client.connect().then(
      () => true,
      () => false,
    ))
  ) {
    console.warn('No Redis answers at CRUX_REDIS_URL or 127.0.0.1:6379: leaving out its lines.')
    return undefined
  }
  const store = cruxRedisStore({ client, keyPrefix })
  const pairs = await Promise.all(Array.from({ length: 64 }, (_, index) => createList(store, `s:l${index}`)))
  const small = [await createList(store, 's:small', 10)]
  const large = [await createList(store, 's:large', 10_000)]

  const sha = String(await client.script('LOAD', byHandScript))
  const handKeys = ['meta', 'rec', 'seq'].map((name) => `{${handPrefix}}:${name}`)
  const handChannel = `{${handPrefix}}:changes`
  const handRevisions = pairs.map(() => 0)
  const byHand = async (index: number, { task, list }: Pair) => {
    const values = changed({ task, list })
    const revision = String(handRevisions[index])
    await client.call('EVALSHA', [
      sha,
      '3',
      ...handKeys,
      handChannel,
      task.key,
      revision,
      `updated ${JSON.stringify(values.task)}`,
      list.key,
      revision,
      `updated ${JSON.stringify(values.list)}`,
    ])
    handRevisions[index] = Number(revision) + 1
  }

  /** Ours and by hand in turn, in short stretches, so that both meet the same machine; how many times faster ours is. */
  const speed = async (count: number, ours: () => Promise<void>, hand: () => Promise<void>) => {
    const ratios: number[] = []
    for (let stretch = 0; stretch < 12; stretch++) {
      const handTime = await perStep(wall, count, hand)
      ratios.push(handTime / (await perStep(wall, count, ours)))
    }
    // The first ones warm up both.
    return median(ratios.slice(2))
  }

  const measureThroughput = async (record: RecordSample) => {
    const one = await speed(
      200,
      () => changeOneByOne(store, pairs, 200),
      async () => {
        for (let step = 0; step < 200; step++) {
          const pair = pairs[step % pairs.length]
          if (pair !== undefined) await byHand(step % pairs.length, pair)
        }
      },
    )
    record('PERF-33', 'Redis, one at a time, speed ÷ bare script, clock', one, { atLeast: 0.7 })
    const many = await speed(
      64 * 10,
      () => changeAtOnce(store, pairs, 10),
      async () => {
        for (let round = 0; round < 10; round++)
          await Promise.all(pairs.map((pair, index) => byHand(index, pair)))
      },
    )
    record('PERF-33', 'Redis, 64 at once, speed ÷ bare script, clock', many, { atLeast: 0.7 })
  }

  const measureLatency = async (record: RecordSample) => {
    await using listener = startChild<RedisListenerMethods>(
      new URL('./redis-listener-process.ts', import.meta.url),
    )
    await listener.call('followStore', { url, keyPrefix })
    await listener.call('listen', { url, channel: handChannel })
    const [first] = pairs
    if (first === undefined) return
    const latency = async (what: 'store' | 'channel', send: () => Promise<unknown>) => {
      await listener.call('clear')
      const times: number[] = []
      for (let step = 1; step <= paced; step++) {
        const sent = process.hrtime.bigint()
        await send()
        // One after the other: changes that come together are told together.
        const arrived = await listener.call('arrival', { what, number: step })
        times.push(Number(arrived - sent))
      }
      return median(times)
    }
    const ours = await latency('store', async () => {
      pairs[0] = await change(store, pairs[0] ?? first)
    })
    const bare = await latency('channel', () => client.publish(handChannel, 'x'))
    const hand = await latency('channel', () => byHand(0, first))
    const label = 'Redis, commit to subscriber in another process, p50'
    record('PERF-34', `${label} ÷ bare PUBLISH`, ours / bare, { atMost: 1.6 })
    record('', `${label} ÷ the same write and PUBLISH by hand`, ours / hand)
  }

  const measureLists = async (record: RecordSample) => {
    const times = { small: [] as number[], large: [] as number[] }
    for (let step = 0; step < 300; step++) {
      times.small.push(await perStep(wall, 1, () => changeOneByOne(store, small, 1)))
      times.large.push(await perStep(wall, 1, () => changeOneByOne(store, large, 1)))
    }
    record(
      'PERF-35',
      'Redis, a list of 10,000 tasks ÷ one of 10, clock',
      median(times.large) / median(times.small),
      {
        atMost: 1.3,
      },
    )
  }

  return {
    repeat: async (record) => {
      await measureThroughput(record)
      await measureLatency(record)
      await measureLists(record)
    },
    [Symbol.asyncDispose]: async () => {
      await store.close()
      for (const prefix of [keyPrefix, handPrefix]) {
        for (const name of ['meta', 'rec', 'seq', 'lex', 'lex:plan', 'lex:tasklist', 'lex:task'])
          await client.unlink(`{${prefix}}:${name}`)
      }
      client.disconnect()
    },
  }
}
