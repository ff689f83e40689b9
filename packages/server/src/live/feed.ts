import type { ChangeBatch, CruxStore } from '@crux/core'
import { CruxError } from '@crux/core/errors'

/** A feed of a store, up to its `ready`. */
export interface Feed {
  /** The first batch, which has come. */
  readonly first: ChangeBatch
  /** All batches up to the one with `ready`, the first included. To be iterated once; the feed ends with it. */
  readonly batches: AsyncIterable<ChangeBatch>
  /** Ends a feed whose batches are not wanted. */
  readonly end: () => Promise<void>
}

/** Why a feed was aborted. One object, because each `abort()` without a reason makes an error with its stack. */
export const feedEnded = 'The feed has ended.'

/**
 * Starts a feed and waits for its first batch. Rejects with the store's error, and with `closed` if the feed ends
 * before `ready`, because the store was closed or `ending` has aborted; its batches do the same. The feed aborts
 * `ending` when it is over, so that the store lets go of it.
 */
export async function openFeed(
  store: Pick<CruxStore, 'changes'>,
  after: string | undefined,
  ending: AbortController,
): Promise<Feed> {
  const { signal } = ending
  const feed = store.changes(after === undefined ? { signal } : { after, signal })[Symbol.asyncIterator]()

  async function next(): Promise<ChangeBatch> {
    const result = await feed.next()
    if (!result.done) return result.value
    throw new CruxError('closed', 'The feed of changes ended before it was ready.')
  }

  async function end(): Promise<void> {
    ending.abort(feedEnded)
    await feed.return?.()
  }

  async function* batchesFrom(first: ChangeBatch): AsyncGenerator<ChangeBatch> {
    try {
      for (let batch = first; ; batch = await next()) {
        yield batch
        if (batch.ready) return
      }
    } finally {
      await end()
    }
  }

  try {
    const first = await next()
    return { first, batches: batchesFrom(first), end }
  } catch (error) {
    await end()
    throw error
  }
}
