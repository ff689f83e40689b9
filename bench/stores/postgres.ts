import { cruxPostgresStore } from '@crux/postgres'
import { Client, Pool } from 'pg'
import { startChild } from '../measure/process-rpc.ts'
import { median } from '../measure/report.ts'
import type { PostgresListenerMethods } from './postgres-listener-process.ts'
import { perStep, wall, type OpenStoreBench, type RecordSample } from './store-bench.ts'
import { change, changeAtOnce, changed, changeOneByOne, createList, type Pair } from './task-changes.ts'

const connectionString = process.env['CRUX_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test'
const schema = `crux_bench_${process.pid}`
// What is compared takes turns, so that all meet the same disk, and the medians are compared: some commits wait long.
const rounds = 20
const paced = 60

/** The PostgreSQL store beside one statement and NOTIFY by hand, all by the clock (PERF-32, PERF-34, PERF-35). */
export const openPostgresBench: OpenStoreBench = async () => {
  const pool = new Pool({ connectionString, connectionTimeoutMillis: 2_000 })
  if (!(await pool.query('select 1').then(Boolean, () => false))) {
    console.warn('No PostgreSQL answers at CRUX_POSTGRES_URL or 127.0.0.1:5432: leaving out its lines.')
    return undefined
  }
  const store = cruxPostgresStore({ pool, schema })
  await store.migrate()
  // What a store without group commit has: the same table and indexes, and a sequence for its positions.
  await pool.query(`create table ${schema}.by_hand (like ${schema}.crux_records including all)`)
  await pool.query(`create sequence ${schema}.by_hand_seq`)
  const pairs = await Promise.all(Array.from({ length: 64 }, (_, index) => createList(store, `s:l${index}`)))
  const small = [await createList(store, 's:small', 10)]
  const large = [await createList(store, 's:large', 10_000)]
  await pool.query(`insert into ${schema}.by_hand
    select key, entity, value, event, 1, nextval('${schema}.by_hand_seq'), 0, '' from ${schema}.crux_records`)
  await pool.query(`analyze ${schema}.crux_records, ${schema}.by_hand`)

  // In a process of its own, so that what it does costs the measured one nothing.
  const listener = startChild<PostgresListenerMethods>(
    new URL('./postgres-listener-process.ts', import.meta.url),
  )
  await listener.call('followStore', { connectionString, schema })
  await listener.call('listen', { connectionString, channel: schema })

  /** The least that does the same: one statement that writes both rows and notifies. */
  const byHand = async ({ task, list }: Pair, values: ReturnType<typeof changed>, note = '') => {
    const { rows } = await pool.query({
      text: `with written as (
          update ${schema}.by_hand r
          set value = w.value, event = 'updated', revision = r.revision + 1, commit_id = gen_random_uuid()::text,
            seq = nextval('${schema}.by_hand_seq')
          from unnest($1::text[], $2::text[], $3::text[]) as w (key, entity, value)
          where r.key = w.key and r.entity = w.entity
          returning r.revision
        )
        select pg_notify('${schema}', $4), count(*)::int as count from written`,
      values: [
        [task.key, list.key],
        ['task', 'tasklist'],
        [JSON.stringify(values.task), JSON.stringify(values.list)],
        note,
      ],
    })
    if (rows[0]?.count !== 2) throw new Error('The statement by hand wrote something else.')
  }

  const measureThroughput = async (record: RecordSample) => {
    const times = { ours: [] as number[], hand: [] as number[] }
    for (let round = 0; round < rounds; round++) {
      times.ours.push(await perStep(wall, pairs.length, () => changeAtOnce(store, pairs, 1)))
      const byHands = () => Promise.all(pairs.map((pair) => byHand(pair, changed(pair))))
      times.hand.push(await perStep(wall, pairs.length, async () => void (await byHands())))
    }
    record(
      'PERF-32',
      'PostgreSQL, 64 at once, one statement and NOTIFY each ÷ ours, clock',
      median(times.hand) / median(times.ours),
      { atLeast: 6 },
    )
    const final = pairs.flatMap(({ task, list }) => [task, list])
    const missed = await listener.call(
      'missed',
      final.map(({ key, revision }) => ({ key, revision })),
    )
    record('PERF-32', 'PostgreSQL, changes that a reader missed', missed, { atMost: 0, unit: '' })
  }

  const measureLatency = async (record: RecordSample) => {
    const [first] = pairs
    if (first === undefined) return
    const client = new Client({ connectionString })
    await client.connect()

    const latency = async (what: 'store' | 'channel', send: () => Promise<unknown>) => {
      await listener.call('clear')
      const sent = process.hrtime.bigint()
      await send()
      return Number((await listener.call('arrival', what)) - sent)
    }
    const times = { ours: [] as number[], hand: [] as number[], bare: [] as number[] }
    for (let step = 0; step < paced; step++) {
      times.ours.push(
        await latency('store', async () => {
          pairs[0] = await change(store, pairs[0] ?? first)
        }),
      )
      times.hand.push(await latency('channel', () => byHand(first, changed(first), String(step))))
      const notify = 'select pg_notify($1, $2)'
      times.bare.push(await latency('channel', () => client.query(notify, [schema, String(step)])))
    }
    await client.end()
    const label = 'PostgreSQL, commit to subscriber in another process, p50'
    record(
      'PERF-34',
      `${label} ÷ the same write and NOTIFY by hand`,
      median(times.ours) / median(times.hand),
      {
        atMost: 1.6,
      },
    )
    record('', `${label} ÷ a NOTIFY that writes nothing`, median(times.ours) / median(times.bare))
  }

  const measureLists = async (record: RecordSample) => {
    const times = { small: [] as number[], large: [] as number[] }
    for (let step = 0; step < 100; step++) {
      times.small.push(await perStep(wall, 1, () => changeOneByOne(store, small, 1)))
      times.large.push(await perStep(wall, 1, () => changeOneByOne(store, large, 1)))
    }
    record(
      'PERF-35',
      'PostgreSQL, a list of 10,000 tasks ÷ one of 10, clock',
      median(times.large) / median(times.small),
      { atMost: 1.3 },
    )
  }

  // The server keeps the plans of a function only after some calls.
  for (let round = 0; round < 10; round++) await changeAtOnce(store, pairs, 1)

  return {
    repeat: async (record) => {
      await measureThroughput(record)
      await measureLatency(record)
      await measureLists(record)
    },
    [Symbol.asyncDispose]: async () => {
      await listener[Symbol.asyncDispose]()
      await store.close()
      await pool.query(`drop schema ${schema} cascade`)
      await pool.end()
    },
  }
}
