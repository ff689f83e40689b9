import { CruxError } from '../errors/index.ts'
import { fullJitterMs } from '../timing/backoff.ts'
import type { Commit, CruxRecord, CruxStore, Write } from './crux-store.ts'
import { createKeyedQueue, type KeyedQueue } from './keyed-queue.ts'

/** What a read led to: what to write, and what the caller gets for it. */
export interface Decision<T> {
  /** Carry the revisions that were read. Empty: nothing is committed. */
  readonly writes: readonly Write[]
  /** Makes the caller's answer of the records written, in the order of `writes`. */
  readonly result: (records: readonly CruxRecord[]) => T
}

/** What the views of one store share for `transact`. */
export interface Contention {
  readonly queue: KeyedQueue
  /** How long a lost race is tried again, in milliseconds. */
  readonly contentionMs: number
}

const contentions = new WeakMap<CruxStore, Contention>()

/** Makes `transact` use this queue for that store or view. */
export function shareContention(store: CruxStore, contention: Contention): void {
  contentions.set(store, contention)
}

/**
 * Read, decide, commit: alone among callers of `queueKey` in this process, and again after a lost race (STO-9).
 * `decide` reads through the store and gives writes that carry the revisions it read; an error that it throws is final.
 * Only the commit's own `conflict` is tried again, with full jitter of 5 to 500 ms, for `contentionMs`. `decide` must
 * not call `transact` with the same key: it would wait for itself.
 */
export function transact<T>(
  store: CruxStore,
  queueKey: string,
  decide: () => Promise<Decision<T>>,
): Promise<T> {
  const { queue, contentionMs } = contentionOf(store)
  return queue.run(queueKey, async () => {
    const giveUpAt = Date.now() + contentionMs
    for (let attempt = 0; ; attempt++) {
      const { writes, result } = await decide()
      if (writes.length === 0) return result([])
      const committed = await commitOrLose(store, writes)
      if ('records' in committed) return result(committed.records)
      if (Date.now() >= giveUpAt) throw committed.lostTo
      const waitMs = fullJitterMs(attempt, { baseMs: 5, maxMs: 500 }, Math.random)
      await new Promise((resolve) => setTimeout(resolve, Math.min(waitMs, giveUpAt - Date.now())))
    }
  })
}

async function commitOrLose(
  store: CruxStore,
  writes: readonly Write[],
): Promise<Commit | { readonly lostTo: CruxError }> {
  try {
    return await store.commit(writes)
  } catch (error) {
    if (CruxError.is(error, 'conflict')) return { lostTo: error }
    throw error
  }
}

/** A store that is not ours (a wrapper, a test double) gets a queue of its own, and keeps it. */
function contentionOf(store: CruxStore): Contention {
  const known = contentions.get(store)
  if (known !== undefined) return known
  const own = { queue: createKeyedQueue(), contentionMs: 10_000 }
  contentions.set(store, own)
  return own
}
