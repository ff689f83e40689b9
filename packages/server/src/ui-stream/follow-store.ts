import type { ChangeBatch, CruxRecord, CruxStore } from '@crux/core'
import { feedEnded, openFeed } from '../live/feed.ts'
import { createProgressWindow, refOf, type Batch } from '../live/progress-window.ts'

/** What of a store is followed, and who hears of it. */
export interface FollowOptions {
  readonly snapshot: boolean
  readonly progressWindowMs: number
  /** Called inside commits: must be quick and not throw. */
  readonly deliver: (records: readonly CruxRecord[]) => void
  /** The snapshot could not be read. */
  readonly onError: (error: unknown) => void
}

/** A subscription to a store. */
export interface StoreFollower {
  /** Delivers what waits for more progress. */
  readonly flush: () => void
  /**
   * Hears of nothing more, and delivers what it heard before this returns. Resolves when the snapshot is delivered too;
   * with `now` that is given up. Never rejects.
   */
  readonly end: (when?: 'now') => Promise<void>
}

/**
 * Delivers what the scope of a store holds, and each change of it, progress as D8 says. It listens first and reads then,
 * so nothing falls in between (D5); what was heard meanwhile is newer than what is read. Removed tasks are delivered
 * too: nothing else in this channel would tell a client that it holds one of them.
 */
export function followStore(
  store: Pick<CruxStore, 'subscribe' | 'changes'>,
  { snapshot, progressWindowMs, deliver, onError }: FollowOptions,
): StoreFollower {
  const progress = createProgressWindow(progressWindowMs, release)
  const heard = new Map<string, number>()
  let ending = new AbortController()
  let isOver = false

  function release(batch: Batch | undefined): void {
    if (batch !== undefined) deliver(batch.changes)
  }

  function hear({ changes, reset }: ChangeBatch): void {
    if (reset) {
      // The data may be other data, or something was purged unheard: only a look at all of it helps (STO-12).
      heard.clear()
      if (snapshot) reading = reading.then(read)
    }
    const last = changes.at(-1)
    if (last === undefined) return
    if (snapshot) for (const record of changes) heard.set(refOf(record), record.revision)
    release(progress.take({ changes, position: last.seq }))
  }

  async function read(): Promise<void> {
    if (isOver) return
    ending = new AbortController()
    try {
      const { batches } = await openFeed(store, undefined, ending)
      for await (const { changes } of batches)
        deliver(changes.filter((record) => (heard.get(refOf(record)) ?? 0) < record.revision))
    } catch (error) {
      if (!isOver) report(error)
    }
  }

  function report(error: unknown): void {
    try {
      onError(error)
    } catch {
      // Nobody is left to tell.
    }
  }

  let reading = Promise.resolve()
  let unsubscribe: (() => void) | undefined = store.subscribe(hear)
  if (snapshot) reading = read()

  return {
    flush: () => release(progress.flush()),
    end: (when) => {
      unsubscribe?.()
      unsubscribe = undefined
      release(progress.flush())
      progress.close()
      if (when === 'now') {
        isOver = true
        ending.abort(feedEnded)
      }
      return reading
    },
  }
}
