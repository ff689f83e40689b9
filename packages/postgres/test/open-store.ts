import { cruxPostgresStore } from '@crux/postgres'

/** How the test processes open a schema that was migrated before. */
export function openStore(place: { readonly connectionString: string; readonly schema: string }) {
  return cruxPostgresStore(place)
}
