import { createCruxStore, type CruxStore, type StoreDriver } from '../../store/index.ts'
import type { StoreContractCase } from './contract-case.ts'

/** Where a case gets its stores, and how long it waits. */
export interface StoreContractSetup {
  readonly makeStore: () => Promise<CruxStore>
  readonly openDriver?: ((store: CruxStore) => Promise<StoreDriver>) | undefined
  readonly patienceMs: number
}

/** Runs one case on a store of its own and closes all that was opened. */
export async function runContractCase(
  { run }: StoreContractCase,
  { makeStore, openDriver, patienceMs }: StoreContractSetup,
): Promise<void> {
  const store = await makeStore()
  const opened = [store]
  try {
    await run({
      store,
      openSibling: async ({ wrap = (driver: StoreDriver) => driver, ...options } = {}) => {
        if (openDriver === undefined) throw new Error('This case needs openDriver.')
        const sibling = createCruxStore(wrap(await openDriver(store)), { pollIntervalMs: 50, ...options })
        opened.unshift(sibling)
        return sibling
      },
      patienceMs,
    })
  } finally {
    for (const each of opened) await each.close()
  }
}
