import { CruxError } from '../errors/index.ts'
import { newId as randomId } from '../ids/index.ts'
import type { CruxStore } from '../store/index.ts'
import { configuredStore } from './configure-crux.ts'
import { creationClock } from './creation-clock.ts'

/** What commands work with: a store, a clock in milliseconds since the epoch, and a source of new ids. */
export interface CruxOptions {
  /** Where plans and tasks are kept; a view (`store.scope('session:42:')`) keeps them inside its scope. */
  readonly store: CruxStore
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
  /** Makes ids of plans, lists and tasks that come without one. Default: 20 random characters. */
  readonly newId?: () => string
}

/** Names the store of one call; without it, the one given to `configureCrux` is used (ENT-1). */
export interface StoreOption {
  readonly store?: CruxStore
}

/** `CruxOptions` with its defaults filled in. */
export interface CruxEnv {
  readonly store: CruxStore
  readonly now: () => number
  /** The time of a creation. By default never the same twice, so that "newest first" has an answer (PLAN-9). */
  readonly creationTime: () => number
  readonly newId: () => string
}

/** Fills in the defaults. Throws `no-store` when there is no store. */
export function cruxEnv({ store, now, newId = randomId }: CruxOptions): CruxEnv {
  if (store === undefined) throw noStore()
  return { store, now: now ?? Date.now, creationTime: now ?? defaultCreationClock, newId }
}

/** For a module-level function: the store it was given, else the configured one, else `no-store` (ENT-1). */
export function envOf(store: CruxStore | undefined): CruxEnv {
  const chosen = store ?? configuredStore()
  if (chosen === undefined) throw noStore()
  return cruxEnv({ store: chosen })
}

/** The present time, but not before any of these values was last changed: an entity's times never run backwards. */
export function timeAfter({ now }: CruxEnv, ...values: readonly { readonly updatedAt: number }[]): number {
  return Math.max(now(), ...values.map(({ updatedAt }) => updatedAt))
}

const defaultCreationClock = /* @__PURE__ */ creationClock(Date.now)

function noStore(): CruxError {
  return new CruxError(
    'no-store',
    'No store: pass one as the store option, or call configureCrux({ store }) once at start-up.',
  )
}
