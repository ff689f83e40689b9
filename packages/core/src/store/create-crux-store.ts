import { createBackend } from './backend.ts'
import { createChangeFollower } from './change-follower.ts'
import { createCommitQueue } from './commit-queue.ts'
import type { DurableCruxStore, StoreOptions } from './crux-store.ts'
import { createKeyedQueue } from './keyed-queue.ts'
import type { StoreDriver } from './store-driver.ts'
import { checkStoreOptions } from './store-options.ts'
import { createStoreView } from './store-view.ts'
import { shareContention } from './transact.ts'

/**
 * Makes a store of a driver. Scopes, validation, encoding, paging, polling, time limits, group commit, feeds and
 * retries are done here, once, so that a driver is small (D11). Throws `invalid-value` for an option out of range.
 *
 * @example
 * const store = createCruxStore(myDriver, { pollIntervalMs: 250 })
 * const session = store.scope('session:42:')
 */
export function createCruxStore(driver: StoreDriver, options: StoreOptions = {}): DurableCruxStore {
  const { maxRecordBytes, timeoutMs, pollIntervalMs, contentionMs } = checkStoreOptions(options)
  const backend = createBackend(driver, timeoutMs, () => follower.restart())
  const follower = createChangeFollower({ driver, backend, pollIntervalMs, onDeliveryError })
  const commits = createCommitQueue({
    driver,
    timeoutMs,
    publish: (committed) => {
      backend.observe(committed.epoch, committed.end)
      return follower.publish(committed)
    },
  })
  const contention = { queue: createKeyedQueue(), contentionMs }
  const endings = new Set<() => void>()
  let closing: Promise<void> | undefined

  const close = () => (closing ??= closeAll())

  const closeAll = async () => {
    for (const end of endings) end()
    follower.close()
    await commits.drained()
    await backend.close()
  }

  const view = createStoreView(
    {
      backend,
      follower,
      commits,
      contention,
      maxRecordBytes,
      isClosed: () => closing !== undefined,
      endings,
      onDeliveryError,
    },
    '',
  )

  const store: DurableCruxStore = {
    ...view,
    renewEpoch: async () => {
      await backend.renewEpoch()
      // Notices the new epoch at once; if that fails, the next read does.
      await backend.head().catch(() => {})
    },
    close,
    [Symbol.asyncDispose]: close,
  }
  shareContention(store, contention)
  return store
}

function onDeliveryError(error: unknown): void {
  // oxlint-disable-next-line no-console -- nobody can handle it, and hiding it would hide a bug of the application.
  console.error(
    'A listener of a Crux store failed; the commit and the other listeners are not affected.',
    error,
  )
}
