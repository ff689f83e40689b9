import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CruxStore } from '@crux/core'
import { createCruxClient, createSSETransport } from '@crux/core/client'
import { cruxSqliteStore } from '@crux/sqlite'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startKillableServer } from './restarts/killable-server.ts'
import { eventually } from '../test/eventually.ts'

const restarts = Number(process.env['CRUX_RUNS'] ?? 5)

/** A client of the server, which renders its plans; `onRender` sees the ids of each render. */
function openClient(url: string, onRender: (ids: readonly string[]) => void = () => {}) {
  const transport = createSSETransport(`${url}/events`, { backoff: { baseMs: 20, maxMs: 100 } })
  const client = createCruxClient({ transport })
  client.subscribe('plans', () => onRender(client.getPlans().map(({ id }) => id)))
  onTestFinished(() => client.close())
  return client
}

async function versionsOf(store: CruxStore): Promise<Map<string, number>> {
  const versions = new Map<string, number>()
  let after: string | undefined
  do {
    const page = await store.list({ entity: 'plan', limit: 500, ...(after !== undefined && { after }) })
    for (const { key, value } of page.records) if ('version' in value) versions.set(key, value.version)
    after = page.next
  } while (after !== undefined)
  return versions
}

test('REL-2 a server that is killed under load loses nothing that it acknowledged, nor do its clients', async ({
  annotate,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'crux-restarts-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'crux.db')
  await using server = await startKillableServer(path)
  const early = openClient(server.url)

  const acknowledged = new Map<string, number>()
  const counters = ['a', 'b', 'c', 'd']
  let isOver = false
  const writing = counters.map(async (counter) => {
    for (let version = 1; !isOver; version++) {
      await server.commit(counter, version)
      acknowledged.set(`${counter}-${version}`, version).set(counter, version)
    }
  })
  for (let restart = 0; restart < restarts; restart++) {
    const before = acknowledged.size
    await vi.waitFor(() => expect(acknowledged.size).toBeGreaterThan(before + 20), 20_000)
    await server.restart()
  }
  isOver = true
  await Promise.all(writing)

  await using store = cruxSqliteStore({ path })
  expect(await versionsOf(store)).toEqual(acknowledged)
  const late = openClient(server.url)
  for (const client of [early, late]) {
    await eventually(() =>
      expect(new Map(client.getPlans().map(({ id, version }) => [id, version]))).toEqual(acknowledged),
    )
  }
  await annotate(`${restarts} restarts, ${acknowledged.size} plans`, 'reached')
}, 300_000)

test('REL-2 clients of a server that kept its data in memory show nothing of the one before', async ({
  annotate,
}) => {
  await using server = await startKillableServer()
  const mixed: (readonly string[])[] = []
  const client = openClient(server.url, (ids) => {
    if (new Set(ids.map((id) => id.split('-')[0])).size > 1) mixed.push(ids)
  })
  for (let restart = 0; restart <= restarts; restart++) {
    if (restart > 0) await server.restart()
    const counter = `run${restart}`
    for (let version = 1; version <= 5; version++) await server.commit(counter, version)
    const ids = [counter, ...[1, 2, 3, 4, 5].map((version) => `${counter}-${version}`)]
    await eventually(() =>
      expect(
        client
          .getPlans()
          .map(({ id }) => id)
          .toSorted(),
      ).toEqual(ids.toSorted()),
    )
  }
  expect(mixed).toEqual([])
  await annotate(`${restarts} restarts`, 'reached')
}, 300_000)
