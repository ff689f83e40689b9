import type { CruxStore, StoreDriver, StoreOptions } from '../../store/index.ts'

/** What one case of the store contract works with. All that it opens is closed after it. */
export interface StoreContractContext {
  /** Empty, and this case's own. */
  readonly store: CruxStore
  /** Opens another store on the same data, as another process would; `wrap` may put faults around its driver. */
  readonly openSibling: (
    options?: StoreOptions & { readonly wrap?: (driver: StoreDriver) => StoreDriver },
  ) => Promise<CruxStore>
  /** How long something may take to show, in milliseconds. */
  readonly patienceMs: number
}

/** One case of the store contract. `run` rejects if the store breaks the rule that the title names. */
export interface StoreContractCase {
  readonly title: string
  /** True if it calls `openSibling`. */
  readonly needsSibling?: true
  readonly run: (context: StoreContractContext) => Promise<void>
}
