// What it costs the server to bring a change to everyone (PERF-1 to PERF-9), beside raw node:http, better-sse and
// Hono's streamSSE in the same run. Each repetition measures all of them one after another, each in a process of its
// own, and takes the ratios inside the repetition; the table shows their median.
import type { ClientMethods } from './fanout/client-process.ts'
import type { ContenderName } from './fanout/contenders.ts'
import type { ServerMethods } from './fanout/server-process.ts'
import { startChild, type Child } from './measure/process-rpc.ts'
import { median, printLines, type Line } from './measure/report.ts'

const repetitions = Number(process.env['BENCH_REPETITIONS'] ?? 5)
const web = 'crux, fetch on @hono/node-server'
const webPiped = 'crux, fetch on Readable.fromWeb'
const node = 'crux, toNodeHandler'

interface Bench {
  readonly server: Child<ServerMethods>
  readonly client: Child<ClientMethods>
  readonly port: number
  readonly readyText: string
}

/** Runs `measure` against a contender that nobody is connected to yet. */
async function withServer<T>(name: ContenderName, measure: (bench: Bench) => Promise<T>): Promise<T> {
  await using server = startChild<ServerMethods>(new URL('./fanout/server-process.ts', import.meta.url))
  await using client = startChild<ClientMethods>(new URL('./fanout/client-process.ts', import.meta.url))
  const { port, readyText } = await server.call('start', name)
  return await measure({ server, client, port, readyText })
}

type Pattern = 'sustained' | 'burst'

/** Server CPU per delivered event, in microseconds. */
function cpuPerEvent(name: ContenderName, clients: number, pattern: Pattern): Promise<number> {
  return withServer(name, async ({ server, client, port, readyText }) => {
    await client.call('open', { port, count: clients, readyText })
    // A slow contender needs fewer changes for the same measuring time; the figure is per event.
    const isOurs = name.startsWith('crux')
    const changes = pattern === 'burst' ? 16 * (isOurs || name === 'raw' ? 30 : 10) : isOurs ? 2_000 : 200
    // Enough to have the code compiled that is measured.
    const warmUp = 16 * 5
    const publish = (count: number) =>
      pattern === 'burst' ? server.call('publishBursts', count / 16) : server.call('publishSustained', count)
    await publish(warmUp)
    await client.call('received', warmUp)
    const before = await server.call('cpu')
    await publish(changes)
    await client.call('received', warmUp + changes)
    const after = await server.call('cpu')
    return (after - before) / (changes * clients)
  })
}

/** Median time from publishing to arrival when changes are far apart, in milliseconds. */
function pacedLatencyMs(name: ContenderName): Promise<number> {
  return withServer(name, async ({ server, client, port, readyText }) => {
    const clients = 100
    await client.call('open', { port, count: clients, readyText })
    await server.call('publishPaced', 5)
    await client.call('received', 5)
    await client.call('recordArrivals')
    const changes = 40
    const published = await server.call('publishPaced', changes)
    await client.call('received', 5 + changes)
    const arrivals = await client.call('arrivals')
    // Arrivals come in rounds of one per client, in the order of the changes.
    return median(arrivals.map((at, i) => Number(at - (published[Math.floor(i / clients)] ?? 0n)) / 1e6))
  })
}

/** Resident bytes per idle connection. */
function idleBytes(name: ContenderName): Promise<number> {
  return withServer(name, async ({ server, client, port, readyText }) => {
    // A first round warms code and pools, so that only connections are counted.
    await client.call('open', { port, count: 200, readyText })
    const before = await server.call('memory')
    const count = 3_000
    await client.call('open', { port, count, readyText })
    const after = await server.call('memory')
    return (after.rss - before.rss) / count
  })
}

/** CPU per connection that receives a snapshot of 200 tasks, in microseconds. */
function snapshotCpu(name: ContenderName): Promise<number> {
  return withServer(name, async ({ server, client, port, readyText }) => {
    await server.call('fillSnapshot')
    await client.call('open', { port, count: 200, readyText })
    const count = 1_000
    const before = await server.call('cpu')
    await client.call('open', { port, count, readyText })
    const after = await server.call('cpu')
    return (after - before) / count
  })
}

/** Growth of the heap in MB while 20 clients read nothing of 100,000 changes to 100 entities. */
function stalledGrowthMb(name: ContenderName): Promise<number> {
  return withServer(name, async ({ server, client, port, readyText }) => {
    await server.call('publishOver100', 1_000)
    await client.call('open', { port, count: 20, readyText, stalled: true })
    const before = await server.call('memory')
    await server.call('publishOver100', 100_000)
    const after = await server.call('memory')
    return (after.heapUsed - before.heapUsed) / 1e6
  })
}

/** CPU per change in a scope of 10 clients, with `others` connections in other scopes, in microseconds. */
function cpuBesideOthers(others: number): Promise<number> {
  return withServer(node, async ({ server, client, port, readyText }) => {
    await client.call('open', { port, count: others, path: '/?scope=elsewhere:', readyText })
    await using near = startChild<ClientMethods>(new URL('./fanout/client-process.ts', import.meta.url))
    await near.call('open', { port, count: 10, path: '/?scope=', readyText })
    await server.call('publishSustained', 500)
    await near.call('received', 500)
    const before = await server.call('cpu')
    await server.call('publishSustained', 3_000)
    await near.call('received', 3_500)
    const after = await server.call('cpu')
    return (after - before) / 3_000
  })
}

const samples = new Map<string, { line: Omit<Line, 'samples'>; values: number[] }>()

function record(rule: string, measure: string, value: number, atMost?: number, unit?: string): void {
  const key = `${rule} ${measure}`
  const entry = samples.get(key) ?? {
    line: { rule, measure, ...(atMost !== undefined && { atMost }), ...(unit !== undefined && { unit }) },
    values: [],
  }
  entry.values.push(value)
  samples.set(key, entry)
}

async function repeat(): Promise<void> {
  for (const pattern of ['sustained', 'burst'] as const) {
    const rawCpu = await cpuPerEvent('raw', 1_000, pattern)
    const ratio = async (name: ContenderName) => (await cpuPerEvent(name, 1_000, pattern)) / rawCpu
    const label = `1,000 clients, ${pattern}, CPU per event ÷ raw:`
    if (pattern === 'sustained') {
      record('PERF-1', `${label} ${web}`, await ratio(web), 0.15)
      record('PERF-3', `${label} ${node}`, await ratio(node), 0.15)
    } else {
      record('PERF-2', `${label} ${web}`, await ratio(web), 0.4)
      record('PERF-2', `${label} ${webPiped}`, await ratio(webPiped), 0.8)
      record('PERF-3', `${label} ${node}`, await ratio(node), 0.35)
    }
    record('', `${label} better-sse`, await ratio('better-sse'))
    record('', `${label} hono streamSSE`, await ratio('hono streamSSE'))

    const ours = await cpuPerEvent(node, 100, pattern)
    for (const peer of ['better-sse', 'hono streamSSE'] as const) {
      const theirs = await cpuPerEvent(peer, 100, pattern)
      record('PERF-4', `100 clients, ${pattern}, commit to bytes ÷ ${peer}`, ours / theirs, 1)
    }
  }

  const rawLatency = await pacedLatencyMs('raw')
  record('PERF-5', `paced latency, p50 ÷ raw: ${web}`, (await pacedLatencyMs(web)) / rawLatency, 1.8)
  record('PERF-5', `paced latency, p50 ÷ raw: ${node}`, (await pacedLatencyMs(node)) / rawLatency, 1.3)

  const rawBytes = await idleBytes('raw')
  record('PERF-6', `memory per idle connection ÷ raw: ${web}`, (await idleBytes(web)) / rawBytes, 1.7)
  record('PERF-6', `memory per idle connection ÷ raw: ${node}`, (await idleBytes(node)) / rawBytes, 1.4)
  record('', 'memory per idle connection ÷ raw: better-sse', (await idleBytes('better-sse')) / rawBytes)
  record(
    '',
    'memory per idle connection ÷ raw: hono streamSSE',
    (await idleBytes('hono streamSSE')) / rawBytes,
  )

  const encoding = await snapshotCpu('encode per connection')
  for (const name of [web, node] as const) {
    const label = `snapshot of 200 tasks, CPU ÷ encoding per connection: ${name}`
    record('PERF-7', label, (await snapshotCpu(name)) / encoding, 0.45)
  }

  record('PERF-8', '20 stalled clients, 100,000 changes: heap growth', await stalledGrowthMb(node), 10, 'MB')

  const alone = await cpuBesideOthers(0)
  record(
    'PERF-9',
    'cost per change beside 5,000 connections elsewhere ÷ beside none',
    (await cpuBesideOthers(5_000)) / alone,
    1.2,
  )
}

for (let i = 1; i <= repetitions; i++) {
  console.log(`Repetition ${i} of ${repetitions} …`)
  await repeat()
}
printLines(
  `fanout: Node ${process.version}, ${repetitions} repetitions`,
  [...samples.values()].map(({ line, values }) => ({ ...line, samples: values })),
)
