import type { CruxStore } from '@crux/core'
import { describe, expect, test, vi } from 'vitest'
import { startChild, type Child } from '../../../../bench/measure/process-rpc.ts'
import { stateOf, type SeenRecord, type StoreProcessMethods } from './store-process.ts'

/** A store that several processes can open. */
export interface StoreProcessesOptions<Place> {
  /** A module that exports `openStore`. */
  readonly module: URL
  /** Makes an empty place for data; JSON, because it goes to the processes. */
  readonly makePlace: () => Promise<Place>
  readonly openStore: (place: Place) => CruxStore
  /** How many commits each writer makes. */
  readonly commits: number
}

type StoreProcess = Child<StoreProcessMethods>

/** What several processes on the same data promise one another (STO-4, REL-2). */
export function describeStoreProcesses<Place>(
  name: string,
  { module, makePlace, openStore, commits }: StoreProcessesOptions<Place>,
): void {
  const start = (place: Place): StoreProcess =>
    startChild(new URL('./run-store-process.ts', import.meta.url), {
      args: [module.href, JSON.stringify(place)],
      execArgv: ['--conditions=@crux/source', '--no-warnings'],
    })

  describe(`several processes: ${name}`, { timeout: 60_000 }, () => {
    test('STO-4 readers in other processes end equal to the store, and nothing acknowledged is missing', async () => {
      const place = await makePlace()
      const store = openStore(place)
      await using early = start(place)
      await using late = start(place)
      await using first = start(place)
      await using second = start(place)
      await using third = start(place)
      await early.call('follow')
      const acknowledged: SeenRecord[] = []
      const writing = [first, second, third].map((child, index) =>
        write(child, `w${index}`, acknowledged, (step) => step === commits),
      )
      await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(commits), 30_000)
      await late.call('follow')
      await Promise.all(writing)

      const state = await stateOf(store)
      expectHas(state, acknowledged)
      expect(acknowledged).toHaveLength(3 * commits * 2)
      // Every process writes the counter: no update was lost.
      expect(state.get('plan shared:counter')?.value).toMatchObject({ version: 3 * commits })
      for (const reader of [early, late]) await expectHolds(reader, state)
      await store.close()
    })

    test('REL-2 writers that are killed in mid-run take nothing with them that was acknowledged', async () => {
      const place = await makePlace()
      const store = openStore(place)
      await using reader = start(place)
      await reader.call('follow')
      const acknowledged: SeenRecord[] = []
      for (let round = 0; round < 3; round++) {
        const before = acknowledged.length
        const child = start(place)
        const writing = write(child, `w${round}`, acknowledged, () => false)
        await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(before + 10), 30_000)
        await child[Symbol.asyncDispose]()
        await writing
        expectHas(await stateOf(store), acknowledged)
      }
      await expectHolds(reader, await stateOf(store))
      await store.close()
    })
  })
}

/** Lets a process commit, two at once, until `isOver` or until it is killed. */
async function write(
  child: StoreProcess,
  writer: string,
  acknowledged: SeenRecord[],
  isOver: (step: number) => boolean,
): Promise<void> {
  let step = 0
  const work = async () => {
    while (!isOver(step)) acknowledged.push(...(await child.call('commit', { writer, step: step++ })))
  }
  await Promise.allSettled([work(), work()])
}

/** Expects each acknowledged record to be there, as it was or overwritten by a later one. */
function expectHas(state: ReadonlyMap<string, SeenRecord>, acknowledged: readonly SeenRecord[]): void {
  const lost = acknowledged.filter(({ name, revision, value }) => {
    const found = state.get(name)
    if (found === undefined || found.revision < revision) return true
    return found.revision === revision && JSON.stringify(found.value) !== JSON.stringify(value)
  })
  expect(lost).toEqual([])
}

async function expectHolds(reader: StoreProcess, state: ReadonlyMap<string, SeenRecord>): Promise<void> {
  await vi.waitFor(async () => expect(await reader.call('held')).toEqual(state), 15_000)
}
