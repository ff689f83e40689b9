import type { StoreDriver } from '../store/index.ts'

/** The calls of a driver that can be disturbed. */
export type DriverMethod = 'head' | 'read' | 'scan' | 'since' | 'commit' | 'forget' | 'renewEpoch' | 'close'

/** What happens to one call. `execute` makes the real call; what the fault gives or throws is what the caller gets. */
export type DriverFault = (execute: () => Promise<unknown>) => Promise<unknown>

/** The faults that every backend has. */
export const driverFaults = {
  /** Nothing was done, and the driver knows it. */
  refuse: async () => {
    throw Object.assign(new Error('connection refused'), { outcome: 'none' })
  },
  /** Nothing was done, but nobody can tell. */
  fail: async () => {
    throw new Error('connection reset')
  },
  /** All was done, and the answer was lost. */
  loseAnswer: async (execute) => {
    await execute()
    throw new Error('connection reset')
  },
  /** Nothing was done, and no answer comes. */
  ignore: () => new Promise(() => {}),
  /** All was done, and no answer comes. */
  swallow: async (execute) => {
    await execute()
    return new Promise(() => {})
  },
} as const satisfies Record<string, DriverFault>

/** A driver with scripted faults. */
export interface FaultyDriver {
  readonly driver: StoreDriver
  /** The next calls of that method meet these faults, one each; `undefined` lets one pass. */
  readonly next: (method: DriverMethod, ...faults: readonly (DriverFault | undefined)[]) => void
  /** Every call of that method meets this fault, after those of `next`; gives the undo. */
  readonly always: (method: DriverMethod, fault: DriverFault) => () => void
  /** How often that method was called. */
  readonly calls: (method: DriverMethod) => number
}

/**
 * Puts scripted faults around a driver, to see what a store makes of them. Without a script it changes nothing, but
 * that it gives no hints: what such a store hears, it hears by polling.
 *
 * @example
 * const faulty = faultyDriver(driver)
 * const store = createCruxStore(faulty.driver)
 * faulty.next('commit', driverFaults.loseAnswer)
 * await store.commit(writes) // is sent again, and written once
 */
export function faultyDriver(driver: StoreDriver): FaultyDriver {
  const scripts = new Map<DriverMethod, (DriverFault | undefined)[]>()
  const standing = new Map<DriverMethod, DriverFault>()
  const counts = new Map<DriverMethod, number>()

  const disturb = <T>(method: DriverMethod, execute: () => Promise<T>): Promise<T> => {
    counts.set(method, (counts.get(method) ?? 0) + 1)
    const script = scripts.get(method) ?? []
    const fault = script.length > 0 ? script.shift() : standing.get(method)
    // A fault that answers gives what `execute` gave it.
    return fault === undefined ? execute() : (fault(execute) as Promise<T>)
  }

  return {
    driver: {
      head: () => disturb('head', () => driver.head()),
      read: (refs) => disturb('read', () => driver.read(refs)),
      scan: (query) => disturb('scan', () => driver.scan(query)),
      since: (query) => disturb('since', () => driver.since(query)),
      commit: (groups) => disturb('commit', () => driver.commit(groups)),
      forget: (refs) => disturb('forget', () => driver.forget(refs)),
      renewEpoch: () => disturb('renewEpoch', () => driver.renewEpoch()),
      close: () => disturb('close', () => driver.close()),
    },
    next: (method, ...faults) => {
      scripts.set(method, [...(scripts.get(method) ?? []), ...faults])
    },
    always: (method, fault) => {
      standing.set(method, fault)
      return () => standing.delete(method)
    },
    calls: (method) => counts.get(method) ?? 0,
  }
}
