import type { CruxStore } from '../store/index.ts'

let configured: CruxStore | undefined

/**
 * Sets the store that the module-level functions use when they are given none (ENT-1). Meant to be called once, at
 * start-up; without a store it takes the present one away.
 *
 * @example
 * configureCrux({ store: inMemoryCruxStore() })
 * await plan({ title: 'Launch' })
 */
export function configureCrux({ store }: { readonly store?: CruxStore }): void {
  configured = store
}

/** The store given to `configureCrux`, if there was one. */
export function configuredStore(): CruxStore | undefined {
  return configured
}
