import { CruxError } from '@crux/core'
import { cruxPostgresStore } from '@crux/postgres'
import { describe, expect, test, vi } from 'vitest'
import { startChild } from '../../../bench/measure/process-rpc.ts'
import {
  seen,
  stateOf,
  type SeenRecord,
  type StoreProcessMethods,
} from '../../core/test/stores/store-process.ts'
import { planWrite } from './postgres-test.ts'
import { hasPrivateServer, startPrivateServer } from './private-server.ts'

const patience = { timeout: 20_000, interval: 20 }

describe.skipIf(!hasPrivateServer)('with a server of its own', { timeout: 90_000 }, () => {
  test('REL-4 while the server crashes and comes back under load, nothing acknowledged is lost, and readers catch up', async () => {
    await using server = await startPrivateServer()
    const place = { connectionString: server.connectionString, schema: 'crux' }
    const store = cruxPostgresStore(place)
    await store.migrate()
    await using reader = startChild<StoreProcessMethods>(
      new URL('../../core/test/stores/run-store-process.ts', import.meta.url),
      {
        args: [new URL('./open-store.ts', import.meta.url).href, JSON.stringify(place)],
        execArgv: ['--conditions=@crux/source', '--no-warnings'],
      },
    )
    await reader.call('follow')

    const acknowledged: SeenRecord[] = []
    let failures = 0
    let isOver = false
    const write = async (writer: number) => {
      for (let step = 0; !isOver; step++) {
        try {
          const { records } = await store.commit([planWrite(`w${writer}:${step}`)])
          acknowledged.push(...records.map(seen))
        } catch (error) {
          if (!CruxError.is(error, 'store-unavailable')) throw error
          failures++
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
      }
    }
    const writing = Promise.all([write(0), write(1), write(2)])
    const moreThan = (count: number) =>
      vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(count), patience)

    await moreThan(30)
    for (let restart = 0; restart < 2; restart++) {
      await server.crash()
      const failuresBefore = failures
      await vi.waitFor(() => expect(failures).toBeGreaterThan(failuresBefore), patience)
      await server.start()
      await moreThan(acknowledged.length + 30)
    }
    isOver = true
    await writing

    const state = await stateOf(store)
    expect(acknowledged.filter(({ name }) => !state.has(name))).toEqual([])
    await vi.waitFor(async () => expect(await reader.call('held')).toEqual(state), patience)
    await store.close()
  })
})
