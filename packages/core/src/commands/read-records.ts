import type { EntityName } from '../entities/entity.ts'
import type { CruxRecord, CruxStore } from '../store/index.ts'

/** Every record of one kind under a prefix, in key order, page by page. Not all as of one position. */
export async function* readRecords<E extends EntityName>(
  store: Pick<CruxStore, 'list'>,
  query: { readonly entity: E; readonly prefix?: string },
): AsyncGenerator<CruxRecord<E>> {
  let after: string | undefined
  do {
    const page = await store.list({ ...query, limit: 500, ...(after !== undefined && { after }) })
    // The store was asked for this kind alone.
    yield* page.records as readonly CruxRecord<E>[]
    after = page.next
  } while (after !== undefined)
}
