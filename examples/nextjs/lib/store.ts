import { inMemoryCruxStore, type CruxStore } from '@crux/core'

// On globalThis, because each route is a bundle of its own and a dev server loads modules again: all must meet one store.
const shared: { cruxExampleStore?: CruxStore } & typeof globalThis = globalThis

/** Where plans and tasks live. For a store that survives a restart, replace the right-hand side. */
export const store: CruxStore = (shared.cruxExampleStore ??= inMemoryCruxStore())
