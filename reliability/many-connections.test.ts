import { expect, test, vi } from 'vitest'
import { startChild } from '../bench/measure/process-rpc.ts'
import { median } from '../bench/measure/report.ts'
import type { ScopedClientMethods } from './connections/scoped-client.ts'
import type { ScopedContenderName, ScopedServerMethods } from './connections/scoped-server.ts'

const connections = Number(process.env['CRUX_RUNS'] ?? 300)
const perScope = 10
const perSecond = 50
const flags = ['--conditions=@crux/source', '--no-warnings', '--expose-gc']

/** Brings changes to that many connections of one server, in scopes of ten clients. */
async function serve(name: ScopedContenderName, changes: number) {
  const start = { execArgv: flags }
  await using server = startChild<ScopedServerMethods>(
    new URL('./connections/scoped-server.ts', import.meta.url),
    start,
  )
  await using client = startChild<ScopedClientMethods>(
    new URL('./connections/scoped-client.ts', import.meta.url),
    start,
  )
  const { port, readyText } = await server.call('start', name)
  const scopes = connections / perScope
  const options = { port, readyText, scopes }

  // The first of them, and a few changes, warm up code and pools.
  const first = Math.min(200, connections / 2)
  await client.call('open', { ...options, count: first })
  await server.call('publish', { scopes, changes: perSecond, perSecond })
  const before = await server.call('memory')
  await client.call('open', { ...options, count: connections - first })
  const bytes = (await server.call('memory')) - before

  await client.call('takeArrivals')
  const begun = await server.call('publish', { scopes, changes, perSecond })
  const arriving = changes * perScope
  await vi.waitFor(async () => expect(await client.call('arrived')).toBe(arriving), { timeout: 20_000 })
  const arrivals = await client.call('takeArrivals')
  const latencies = arrivals
    .map(({ change, at }) => Number(at - (begun[change - perSecond] ?? 0n)) / 1e6)
    .toSorted((a, b) => a - b)
  return {
    receivers: arrivals.reduce(
      (counts, { change }) => counts.set(change, (counts.get(change) ?? 0) + 1),
      new Map<number, number>(),
    ),
    p50Ms: latencies[Math.floor(latencies.length * 0.5)] ?? Number.NaN,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN,
    bytesPerConnection: bytes / (connections - first),
    open: await server.call('open'),
    ended: await client.call('ended'),
  }
}

test('REL-10 no connection is lost, and each change reaches the ten clients of its scope', async ({
  annotate,
}) => {
  const changes = 2 * perSecond
  const { receivers, open, ended, p50Ms, p99Ms } = await serve('crux', changes)
  expect([...receivers.keys()].toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: changes }, (_, index) => perSecond + index),
  )
  expect(new Set(receivers.values())).toEqual(new Set([perScope]))
  expect({ open, ended }).toEqual({ open: connections, ended: 0 })
  await annotate(
    `${connections} connections; p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`,
    'reached',
  )
}, 300_000)

// What few connections cost is noise.
test.runIf(connections >= 5_000)(
  'REL-10 PERF-5 PERF-6 with thousands of connections too, latency and memory are near those of a bare server',
  async ({ annotate }) => {
    const latencies: number[] = []
    const memories: number[] = []
    for (let repetition = 0; repetition < 3; repetition++) {
      const ours = await serve('crux', 10 * perSecond)
      const raw = await serve('raw', 10 * perSecond)
      latencies.push(ours.p50Ms / raw.p50Ms)
      memories.push(ours.bytesPerConnection / raw.bytesPerConnection)
    }
    const [latency, memory] = [median(latencies), median(memories)]
    await annotate(`p50 ${latency.toFixed(2)} × (≤ 1.3), memory ${memory.toFixed(2)} × (≤ 1.4)`, 'reached')
    expect(latency).toBeLessThanOrEqual(1.3)
    expect(memory).toBeLessThanOrEqual(1.4)
  },
  900_000,
)
