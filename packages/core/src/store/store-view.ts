import type { EntityName, EntityRef } from '../entities/entity.ts'
import { CruxError } from '../errors/index.ts'
import { parseScope } from '../ids/index.ts'
import type { Backend } from './backend.ts'
import { changeFeed } from './change-feed.ts'
import type { ChangeFollower } from './change-follower.ts'
import type { CommitQueue } from './commit-queue.ts'
import type { CruxRecord, CruxStore } from './crux-store.ts'
import { cursorEpoch } from './cursor.ts'
import { checkLimit, readPageToken, resolvePrefix, writePageToken } from './list-query.ts'
import { checkRef, prepareWrites } from './prepare-writes.ts'
import { purgeEnded } from './purge-ended.ts'
import { decodeRecord } from './record.ts'
import { createStopper } from './stopper.ts'
import { shareContention, type Contention } from './transact.ts'

/** What all views of one store share. */
export interface StoreCore {
  readonly backend: Backend
  readonly follower: ChangeFollower
  readonly commits: CommitQueue
  readonly contention: Contention
  readonly maxRecordBytes: number
  readonly isClosed: () => boolean
  /** Ends every feed and subscription of every view. */
  readonly endings: Set<() => void>
  readonly onDeliveryError: (error: unknown) => void
}

/** A store as one scope sees it (D6). */
export function createStoreView(core: StoreCore, scopePrefix: string): CruxStore {
  const { backend, follower, commits, contention, maxRecordBytes, isClosed, onDeliveryError } = core
  const endings = new Set<() => void>()
  let isViewClosed = false
  let cursors: { readonly of: string; readonly epoch: string } | undefined

  const assertOpen = () => {
    if (!isClosed() && !isViewClosed) return
    throw new CruxError('closed', 'This store, or this view of it, is closed: make a new one.')
  }

  /** Registers the end of something long-lived; gives the undo. */
  const endWithView = (end: () => void) => {
    endings.add(end)
    core.endings.add(end)
    return () => {
      endings.delete(end)
      core.endings.delete(end)
    }
  }

  const cursorOf = (epoch: string, seq: number) => {
    if (cursors?.of !== epoch) cursors = { of: epoch, epoch: cursorEpoch(epoch, scopePrefix) }
    return `${cursors.epoch}.${seq}`
  }

  async function getMany<E extends EntityName>(refs: readonly EntityRef<E>[]) {
    assertOpen()
    for (const ref of refs) checkRef(scopePrefix, ref)
    const found = await backend.read(refs)
    // The driver answers in the order asked, so each record is of the entity that was asked for.
    return refs.map((_, index) => found[index] && (decodeRecord(found[index]) as CruxRecord<E>))
  }

  const commitNothing = async () => {
    const { epoch, seq } = await backend.head()
    return { records: [], cursor: cursorOf(epoch, seq) }
  }

  async function* readChanges(after: string | undefined, signal: AbortSignal, stopper = createStopper()) {
    assertOpen()
    const forget = endWithView(stopper.stop)
    signal.addEventListener('abort', stopper.stop)
    if (signal.aborted) stopper.stop()
    try {
      yield* changeFeed({ backend, follower, scope: scopePrefix, after, stopper })
    } finally {
      forget()
      signal.removeEventListener('abort', stopper.stop)
    }
  }

  const close = async () => {
    isViewClosed = true
    for (const end of endings) end()
  }

  const view: CruxStore = {
    scopePrefix,
    get: async (ref) => (await getMany([ref]))[0],
    getMany,
    list: async ({ entity, prefix = '', after, limit = 100 } = {}) => {
      assertOpen()
      const query = { prefix: resolvePrefix(scopePrefix, prefix), ...(entity !== undefined && { entity }) }
      const page = await backend.scan({
        ...query,
        limit: checkLimit(limit),
        ...(after !== undefined && { after: readPageToken(query, after) }),
      })
      const records = page.records.map(decodeRecord)
      return page.next === undefined ? { records } : { records, next: writePageToken(query, page.next) }
    },
    // Not async: each promise between caller and queue would cost a tenth of an in-memory commit.
    commit: (writes) => {
      try {
        assertOpen()
        const prepared = prepareWrites(scopePrefix, writes, maxRecordBytes)
        return writes.length === 0 ? commitNothing() : commits.push(prepared, cursorOf)
      } catch (error) {
        return Promise.reject(error)
      }
    },
    changes: ({ after, signal }) => ({
      [Symbol.asyncIterator]: () => {
        const stopper = createStopper()
        const feed = readChanges(after, signal, stopper)
        // A generator that waits hears of its `return` only after the wait, so that is ended first.
        return {
          next: () => feed.next(),
          return: () => {
            stopper.stop()
            return feed.return()
          },
        }
      },
    }),
    subscribe: (listener) => {
      assertOpen()
      const unlisten = follower.listen(scopePrefix, (live) => {
        const heard: unknown = listener(live?.batch ?? { changes: [], reset: true })
        // An async listener throws here; nobody else would handle it.
        if (heard instanceof Promise) heard.catch(onDeliveryError)
      })
      const forget = endWithView(unlisten)
      return () => {
        forget()
        unlisten()
      }
    },
    cursorAt: (seq) => {
      const epoch = backend.epoch()
      if (epoch !== undefined) return cursorOf(epoch, seq)
      throw new CruxError(
        'store-unavailable',
        'The store has not answered yet, so its cursors are not known.',
      )
    },
    scope: (prefix) => createStoreView(core, parseScope(scopePrefix + parseScope(prefix))),
    purge: async ({ before, prefix = '' }) => {
      assertOpen()
      return purgeEnded(backend, resolvePrefix(scopePrefix, prefix), before)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
  shareContention(view, contention)
  return view
}
