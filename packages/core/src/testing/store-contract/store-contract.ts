import { commitCases } from './commit-cases.ts'
import type { StoreContractCase } from './contract-case.ts'
import { feedCases } from './feed-cases.ts'
import { keyCases } from './key-cases.ts'
import { purgeCases } from './purge-cases.ts'
import { scanCases } from './scan-cases.ts'
import { siblingCases } from './sibling-cases.ts'

/** All that a store promises. */
export const storeContract: readonly StoreContractCase[] = [
  ...keyCases,
  ...commitCases,
  ...feedCases,
  ...scanCases,
  ...purgeCases,
  ...siblingCases,
]
