import { cruxSqliteStore } from '@crux/sqlite'

/** How the test processes open a file; what they prove is not how fast the disk is. */
export function openStore(place: { readonly path: string }) {
  return cruxSqliteStore({ ...place, synchronous: 'normal', pollIntervalMs: 50 })
}
