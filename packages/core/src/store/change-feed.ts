import { CruxError } from '../errors/index.ts'
import { fullJitterMs } from '../timing/backoff.ts'
import type { Backend } from './backend.ts'
import { pageSize, type ChangeFollower } from './change-follower.ts'
import type { ChangeBatch } from './crux-store.ts'
import { cursorEpoch } from './cursor.ts'
import { feedStart, mergeLive } from './feed-rules.ts'
import { createLiveWindow } from './live-window.ts'
import { decodeRecord } from './record.ts'
import { stopped, type Stopper } from './stopper.ts'

/** What a feed reads from, and where it starts. */
export interface ChangeFeedOptions {
  readonly backend: Pick<Backend, 'head' | 'scan' | 'since'>
  readonly follower: Pick<ChangeFollower, 'listen' | 'position'>
  readonly scope: string
  readonly after: string | undefined
  readonly stopper: Stopper
}

/** Where a feed is once it has said `ready`. */
interface Started {
  readonly position: number
  readonly cursorAt: (seq: number) => string
}

/**
 * One reader's feed (STO-3, STO-6, STO-10). It listens first and reads then (D5):
 *
 * ```
 *   listen -> head -> snapshot | scan | nothing -> read on by position -> ready -> live
 *     ^                                                 ^                            |
 *     |                                                 +---- more than 1,000 wait --+
 *     +------------------------------- other data, or a purge of something unread --+
 * ```
 *
 * Throws `store-unavailable` if a read fails before the first `ready`; later it waits and tries again.
 */
export async function* changeFeed(options: ChangeFeedOptions): AsyncGenerator<ChangeBatch, void, undefined> {
  const { backend, follower, scope, after, stopper } = options
  const live = createLiveWindow()
  const unlisten = follower.listen(scope, live.listener)
  let cursor = after
  let wasReady = false

  async function ask<T>(call: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await stopper.until(call())
      } catch (error) {
        if (error === stopped || !wasReady) throw error
      }
      await stopper.sleep(fullJitterMs(attempt, { baseMs: 50, maxMs: 5_000 }, Math.random))
    }
  }

  /** Yields what a scan finds above `above`, and says `reset` first if that is a snapshot. */
  async function* scan(above: number | undefined): AsyncGenerator<ChangeBatch, void, undefined> {
    let next: string | undefined
    let isFirst = above === undefined
    do {
      const page = await ask(() =>
        backend.scan({ prefix: scope, limit: pageSize, ...(next !== undefined && { after: next }) }),
      )
      next = page.next
      const records = above === undefined ? page.records : page.records.filter((record) => record.seq > above)
      const changes = records.map(decodeRecord)
      if (isFirst) yield { changes, reset: true }
      else if (changes.length > 0) yield { changes }
      isFirst = false
    } while (next !== undefined)
  }

  /** Yields what lies above `from` up to at least `target`; gives where it got, `undefined` if all starts over. */
  async function* readOn(
    from: number,
    target: number,
    cursorAt: ((seq: number) => string) | undefined,
  ): AsyncGenerator<ChangeBatch, number | undefined, undefined> {
    let position = from
    while (position < target) {
      const page = await ask(async () => {
        const read = await backend.since({ prefix: scope, after: position, limit: pageSize })
        if (read.upTo === position) throw behind(position, target)
        return read
      })
      // After such a purge the reader may hold a value that nothing would ever replace (STO-11).
      if (live.isRestarted() || page.purged > position) return undefined
      position = page.upTo
      const changes = page.records.map(decodeRecord)
      if (changes.length > 0)
        yield cursorAt === undefined ? { changes } : { changes, cursor: cursorAt(position) }
    }
    return position
  }

  /** Yields catch-up or snapshot, then `ready`; gives where the feed is, `undefined` if all starts over. */
  async function* start(): AsyncGenerator<ChangeBatch, Started | undefined, undefined> {
    live.reopen()
    const head = await ask(backend.head)
    // That very answer may have told of other data; it is what starts here.
    if (live.isRestarted()) live.reopen()
    const epoch = cursorEpoch(head.epoch, scope)
    const cursorAt = (seq: number) => `${epoch}.${seq}`
    const how = feedStart(cursor, epoch, head, scope === '')
    cursor = undefined
    if (how.kind !== 'resume') yield* scan(how.kind === 'scan' ? how.seq : undefined)
    const isResume = how.kind === 'resume'
    const target = isResume ? head : await ask(backend.head)
    if (live.isRestarted() || (how.kind === 'scan' && target.purged > how.seq)) return undefined
    const upTo = Math.max(target.seq, await stopper.until(follower.position()))
    const position = yield* readOn(isResume ? how.seq : head.seq, upTo, isResume ? cursorAt : undefined)
    if (position === undefined) return undefined
    wasReady = true
    yield { changes: [], cursor: cursorAt(position), ready: true }
    return { position, cursorAt }
  }

  /** Yields live batches until all starts over. */
  async function* followFrom(started: Started): AsyncGenerator<ChangeBatch, void, undefined> {
    let { position } = started
    while (!live.isRestarted()) {
      const next = live.take()
      if (next !== undefined) {
        const merged = mergeLive(position, next)
        position = merged.position
        if (merged.batch !== undefined) yield merged.batch
      } else if (live.isOpen()) {
        await stopper.until(live.changed())
      } else {
        // What the follower tells from now on is gathered again; what it told until now is read.
        live.reopen()
        const told = await stopper.until(follower.position())
        const reached = yield* readOn(Math.max(position, live.droppedFrom()), told, started.cursorAt)
        if (reached === undefined) return
        position = reached
      }
    }
  }

  try {
    for (;;) {
      const started = yield* start()
      if (started !== undefined) yield* followFrom(started)
    }
  } catch (error) {
    if (error !== stopped) throw error
  } finally {
    unlisten()
  }
}

function behind(position: number, target: number): CruxError {
  return new CruxError(
    'store-unavailable',
    `The store answered from a state at position ${position}, older than its head ${target}: read from the primary.`,
  )
}
