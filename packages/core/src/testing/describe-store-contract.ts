import { describe, test } from 'vitest'
import type { CruxStore, StoreDriver } from '../store/index.ts'
import { runContractCase } from './store-contract/run-contract-case.ts'
import { storeContract } from './store-contract/store-contract.ts'

/** What the contract may use beside the store itself. */
export interface StoreContractOptions {
  /**
   * Opens another driver on the data of that store, as another process would. Without it, the cases that need two
   * stores, or faults between a store and its driver, are left out.
   */
  readonly openDriver?: (store: CruxStore) => Promise<StoreDriver>
  /** How long a change of another store may take to show, in milliseconds. Default 10,000. */
  readonly patienceMs?: number
}

/**
 * The contract of a store (STO-0 to STO-21), run over each implementation with vitest. `makeStore` is called once per
 * test and gives an empty store; the test closes it.
 *
 * @example
 * describeStoreContract('my store', async () => createCruxStore(myDriver(await emptyDatabase())))
 */
export function describeStoreContract(
  name: string,
  makeStore: () => Promise<CruxStore>,
  { openDriver, patienceMs = 10_000 }: StoreContractOptions = {},
): void {
  describe(`the contract of a store: ${name}`, () => {
    for (const contractCase of storeContract) {
      if (contractCase.needsSibling && openDriver === undefined) continue
      test(`${contractCase.title}`, { timeout: 3 * patienceMs }, () =>
        runContractCase(contractCase, { makeStore, openDriver, patienceMs }),
      )
    }
  })
}
