import { vi } from 'vitest'
import type { ChangeBatch, CruxRecord, CruxStore } from '../../store/index.ts'

/** A feed that is read to its end in the background, and what it gave so far. */
export interface RecordedFeed {
  readonly batches: readonly ChangeBatch[]
  /** The records of all batches, in the order they came. */
  readonly changes: () => readonly CruxRecord[]
  /** What a client that follows the feed holds: `reset` forgets, the highest revision per key stays (D1). */
  readonly state: () => ReadonlyMap<string, CruxRecord>
  readonly readyCount: () => number
  /** The newest cursor. */
  readonly cursor: () => string | undefined
  /** Waits until `check` does not throw; rejects with what it threw last when the patience is over. */
  readonly until: (check: () => void | Promise<void>) => Promise<void>
  /** Ends the feed; rejects with what the feed threw, if it did. */
  readonly stop: () => Promise<void>
}

/** Follows a store from `after`. */
export function recordFeed(
  store: CruxStore,
  { after, patienceMs }: { readonly after?: string | undefined; readonly patienceMs: number },
): RecordedFeed {
  const abort = new AbortController()
  const batches: ChangeBatch[] = []
  const read = async () => {
    const options = after === undefined ? { signal: abort.signal } : { after, signal: abort.signal }
    for await (const batch of store.changes(options)) batches.push(batch)
  }
  const ended = read()
  // Handled by whoever calls `stop` or `until`.
  ended.catch(() => {})
  return {
    batches,
    changes: () => batches.flatMap((batch) => batch.changes),
    state: () => stateOf(batches),
    readyCount: () => batches.filter((batch) => batch.ready).length,
    cursor: () => batches.findLast((batch) => batch.cursor !== undefined)?.cursor,
    until: (check) =>
      Promise.race([
        vi.waitFor(check, { timeout: patienceMs, interval: 5 }),
        ended.then(() => vi.waitFor(check, { timeout: 1, interval: 1 })),
      ]),
    stop: () => {
      abort.abort()
      return ended
    },
  }
}

/** What a client that was told these batches holds. */
export function stateOf(batches: readonly ChangeBatch[]): ReadonlyMap<string, CruxRecord> {
  const held = new Map<string, CruxRecord>()
  for (const { changes, reset } of batches) {
    if (reset) held.clear()
    for (const record of changes) {
      const name = nameOfRecord(record)
      if (record.revision > (held.get(name)?.revision ?? 0)) held.set(name, record)
    }
  }
  return held
}

/** Everything that the store holds, page by page. */
export async function storeState(store: CruxStore): Promise<ReadonlyMap<string, CruxRecord>> {
  return new Map((await listAll(store)).map((record) => [nameOfRecord(record), record]))
}

/** Every record of the scope, in the order of the pages. */
export async function listAll(store: CruxStore, limit = 500): Promise<CruxRecord[]> {
  const records: CruxRecord[] = []
  let after: string | undefined
  do {
    const page = await store.list(after === undefined ? { limit } : { limit, after })
    records.push(...page.records)
    after = page.next
  } while (after !== undefined)
  return records
}

/** Names a record in a map: a plan and a list may have the same key. */
export function nameOfRecord({ entity, key }: Pick<CruxRecord, 'entity' | 'key'>): string {
  return `${entity} ${key}`
}
