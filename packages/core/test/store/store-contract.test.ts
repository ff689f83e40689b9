import { createCruxStore, inMemoryCruxStore, type CruxStore, type StoreDriver } from '@crux/core'
import { describeStoreContract } from '@crux/core/testing'
import { createInMemoryDriver } from '../../src/store/in-memory-driver.ts'

describeStoreContract('inMemoryCruxStore', async () => inMemoryCruxStore())

const drivers = new WeakMap<CruxStore, StoreDriver>()

describeStoreContract(
  'several stores on one in-memory driver',
  async () => {
    const driver = createInMemoryDriver()
    const store = createCruxStore(driver, { pollIntervalMs: 50 })
    drivers.set(store, driver)
    return store
  },
  {
    openDriver: async (store) => {
      const driver = drivers.get(store)
      if (driver === undefined) throw new Error('not a store of this test')
      return driver
    },
  },
)
