import type { CruxError } from '../errors/index.ts'
import { fullJitterMs } from '../timing/backoff.ts'
import { asUnavailable, outcomeOf, timedOut } from './backend.ts'
import { conflict, inDoubt, neverSent, provesNotExecuted, storeFull } from './commit-errors.ts'
import type { Commit, CruxRecord } from './crux-store.ts'
import { maxCommitBytes, maxCommitWrites, type PreparedWrites } from './prepare-writes.ts'
import { writtenRecord } from './record.ts'
import type { CommitGroup, GroupResult, StoreDriver } from './store-driver.ts'
import { unrefTimer } from './unref-timer.ts'

/** A commit that was executed: its records, and the positions it took. */
export interface Committed {
  readonly records: readonly CruxRecord[]
  readonly epoch: string
  readonly first: number
  readonly end: number
}

/** What the queue needs from the store around it. */
export interface CommitQueueOptions {
  readonly driver: Pick<StoreDriver, 'commit'>
  readonly timeoutMs: number
  /** Hands a commit to the listeners; gives a promise only if that takes a read. Never throws or rejects (STO-8). */
  readonly publish: (committed: Committed) => Promise<void> | undefined
}

/** The commits of one store on their way to its driver. */
export interface CommitQueue {
  /** `cursorAt` makes the cursor of the answer: of the epoch and position that it was executed at. */
  readonly push: (
    prepared: PreparedWrites,
    cursorAt: (epoch: string, seq: number) => string,
  ) => Promise<Commit>
  /** Resolves once no commit is on its way. */
  readonly drained: () => Promise<void>
}

/** One caller's commit on its way. */
interface Pending extends CommitGroup {
  readonly values: readonly unknown[]
  readonly bytes: number
  /** When its time is up, on the clock of `performance.now()`. */
  readonly deadline: number
  /** It was sent and may have been executed: only sending it again can tell. */
  isInDoubt: boolean
  /** Why it is in doubt. */
  lastError: unknown
  isSettled: boolean
  readonly resolve: (committed: Committed) => void
  readonly reject: (error: CruxError) => void
}

/**
 * Group commit (STO-20): one driver commit at a time, the next takes all that waits. A commit whose outcome is unknown
 * is sent again under the same id until its time is up (STO-5).
 *
 * ```
 *   push -> waiting -> flight -> settled
 *              ^          |
 *              +- pause --+  outcome unknown: back to the front, in doubt
 * ```
 */
export function createCommitQueue({ driver, timeoutMs, publish }: CommitQueueOptions): CommitQueue {
  // Half of the time, so that a call that is never answered leaves time to send the commit again.
  const attemptMs = timeoutMs / 2
  const newCommitId = createCommitIds()
  let waiting: Pending[] = []
  let flight: { readonly groups: readonly Pending[]; readonly startedAt: number } | undefined
  let failures = 0
  let isPaused = false
  let isWatched = false
  let whenDrained: (() => void)[] = []

  const pump = () => {
    if (flight !== undefined || isPaused) return
    if (waiting.length === 0) {
      for (const resolve of whenDrained) resolve()
      whenDrained = []
      return
    }
    const mine = { groups: takeBatch(), startedAt: performance.now() }
    flight = mine
    // An attempt that was given up may still answer; the one sent after it will be told the same.
    commitGroups(mine.groups).then(
      ({ epoch, results }) => {
        if (flight !== mine) return
        flight = undefined
        failures = 0
        for (const [index, group] of mine.groups.entries()) settle(group, epoch, results[index])
        pump()
      },
      (error: unknown) => {
        if (flight === mine) fail(mine.groups, error)
      },
    )
  }

  const commitGroups = (groups: readonly Pending[]) => {
    try {
      return driver.commit(groups)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  const takeBatch = (): readonly Pending[] => {
    let writes = 0
    let bytes = 0
    let count = 0
    for (const group of waiting) {
      writes += group.writes.length
      bytes += group.bytes
      if (count > 0 && (writes > maxCommitWrites || bytes > maxCommitBytes)) break
      count++
    }
    const batch = waiting
    waiting = batch.splice(count)
    return batch
  }

  const settle = (group: Pending, epoch: string, result: GroupResult | undefined) => {
    if (result === undefined) group.reject(inDoubt(new Error('The driver gave fewer results than groups.')))
    else if ('full' in result) group.reject(storeFull())
    else if ('conflict' in result) {
      const isCertain = !group.isInDoubt || provesNotExecuted(group, result.conflict)
      group.reject(isCertain ? conflict(group, result.conflict) : inDoubt(group.lastError))
    } else {
      const { first, floor } = result
      const records = group.writes.map((write, index) =>
        writtenRecord(write, group.values[index], first + index, floor),
      )
      const committed = { records, epoch, first, end: first + records.length - 1 }
      // Also when its caller was told that its time is up: the listeners have not heard of it.
      const published = publish(committed)
      if (published === undefined) group.resolve(committed)
      else {
        const timer = setTimeout(
          () => group.resolve(committed),
          Math.max(0, group.deadline - performance.now()),
        )
        void published.then(() => {
          clearTimeout(timer)
          group.resolve(committed)
        })
      }
    }
  }

  const fail = (groups: readonly Pending[], error: unknown) => {
    flight = undefined
    for (const group of groups) {
      if (outcomeOf(error) === 'unknown') group.isInDoubt = true
      if (group.isInDoubt) group.lastError = error
      else group.reject(asUnavailable('a commit', error))
    }
    const again = groups.filter((group) => !group.isSettled)
    if (again.length === 0) return pump()
    waiting = [...again, ...waiting]
    isPaused = true
    const waitMs = fullJitterMs(failures++, { baseMs: 5, maxMs: 500 }, Math.random)
    setTimeout(() => {
      isPaused = false
      pump()
    }, waitMs)
  }

  // One timer for all commits: a timer for each would cost as much as writing it to memory.
  const watch = (delayMs: number) => {
    isWatched = true
    const timer = setTimeout(() => {
      isWatched = false
      const now = performance.now()
      for (const group of [...(flight?.groups ?? []), ...waiting]) {
        if (group.deadline <= now)
          group.reject(wasSent(group) ? inDoubt(group.lastError) : neverSent(timeoutMs))
      }
      waiting = waiting.filter((group) => !group.isSettled)
      if (flight !== undefined && flight.startedAt + attemptMs <= now)
        fail(flight.groups, timedOut('a commit', attemptMs))
      const oldest = flight?.groups.find((group) => !group.isSettled) ?? waiting[0]
      const next = Math.min(
        oldest?.deadline ?? Infinity,
        flight === undefined ? Infinity : flight.startedAt + attemptMs,
      )
      if (next !== Infinity) watch(Math.max(1, next - now))
    }, delayMs)
    unrefTimer(timer)
  }

  const wasSent = (group: Pending) => group.isInDoubt || flight?.groups.includes(group) === true

  return {
    push: ({ writes, values, bytes }, cursorAt) =>
      new Promise((resolve, reject) => {
        const now = performance.now()
        const group: Pending = {
          id: newCommitId(),
          writes,
          values,
          bytes,
          deadline: now + timeoutMs,
          isInDoubt: false,
          lastError: undefined,
          isSettled: false,
          resolve: ({ records, epoch, end }) => {
            group.isSettled = true
            resolve({ records, cursor: cursorAt(epoch, end) })
          },
          reject: (error) => {
            group.isSettled = true
            reject(error)
          },
        }
        waiting.push(group)
        if (!isWatched) watch(attemptMs)
        // In a microtask, so that commits that are begun together go together.
        if (waiting.length === 1) queueMicrotask(pump)
      }),
    drained: () =>
      new Promise((resolve) => {
        whenDrained.push(resolve)
        pump()
      }),
  }
}

/**
 * Random ids, with one random text for every 256: to make a text for each, even of a number that was never text
 * before, would be a noticeable part of a commit to memory.
 */
function createCommitIds(): () => string {
  let prefix = ''
  let count = 0
  return () => {
    if (count % 256 === 0) prefix = `${crypto.randomUUID()}.`
    return prefix + (count++ % 256)
  }
}
