import type { CruxStore } from '@crux/core'
import { type OpenedStore, openStore } from './open-store.ts'

// On globalThis, because each route is a bundle of its own and a dev server loads modules again: all must meet one store.
const shared: { cruxExampleStore?: OpenedStore } & typeof globalThis = globalThis
const opened = (shared.cruxExampleStore ??= openStore())

/** Where plans and tasks live. */
export const store: CruxStore = opened.store

/** Makes the tables of a store that has some. To be awaited before the first request. */
export const prepareStore = opened.prepare
