import { fullJitterMs } from '../timing/backoff.ts'
import type { Backend } from './backend.ts'
import type { Committed } from './commit-queue.ts'
import type { CruxRecord } from './crux-store.ts'
import { decodeRecord } from './record.ts'
import { createScopeListeners, type LiveListener } from './scope-listeners.ts'
import type { StoreDriver, StoredRecord } from './store-driver.ts'

/** How many records a page of a feed or of the follower holds, more only to complete a commit (STO-0). */
export const pageSize = 200

/** What the follower needs from the store around it. */
export interface ChangeFollowerOptions {
  readonly driver: Pick<StoreDriver, 'onHint'>
  readonly backend: Backend
  /** `Infinity` for a backend to which nobody else can write. */
  readonly pollIntervalMs: number
  /** Hears what listeners throw, and of records that cannot be read. */
  readonly onDeliveryError: (error: unknown) => void
}

/** The one reader of a store's changes in this process, however many listen (STO-10). */
export interface ChangeFollower {
  /** Starts following with the first listener, stops with the last; gives an idempotent undo. */
  readonly listen: (scope: string, listener: LiveListener) => () => void
  /** The position up to which the listeners were told; waits for the backend's first answer. */
  readonly position: () => Promise<number>
  /** Tells the listeners of a commit of this process; a promise, which never rejects, if that takes a read (STO-8). */
  readonly publish: (committed: Committed) => Promise<void> | undefined
  /** Starts over: the backend holds other data than before (STO-12). */
  readonly restart: () => void
  readonly close: () => void
}

/** What is known while somebody listens. */
interface Session {
  /** Where following started: what lies at or below was never read. `undefined` before the first answer. */
  start: number | undefined
  /** Up to here the listeners were told. */
  position: number | undefined
  isOver: boolean
  /** Ends the present pause. */
  wake: () => void
  /** Something asked for a read since the last one began. */
  isWoken: boolean
  /** Called at the end of the read that is under way. */
  afterThisRead: (() => void)[]
  /** Called at the end of the next read that begins from now on. */
  afterNextRead: (() => void)[]
  /** Called when the position becomes known. */
  afterStart: ((position: number) => void)[]
}

/**
 * Follows the backend for all listeners of a store. It reads what lies above its position on a hint, when a commit of
 * this process left a gap, and at least every `pollIntervalMs` (STO-5); what follows its position directly is told
 * straight from the commit's answer.
 */
export function createChangeFollower(options: ChangeFollowerOptions): ChangeFollower {
  const { driver, backend, pollIntervalMs, onDeliveryError } = options
  const listeners = createScopeListeners(onDeliveryError)
  let session: Session | undefined
  let unhint = () => {}

  const begin = () => {
    const mine: Session = {
      start: undefined,
      position: undefined,
      isOver: false,
      wake: () => {},
      isWoken: false,
      afterThisRead: [],
      afterNextRead: [],
      afterStart: [],
    }
    session = mine
    unhint = driver.onHint?.(() => wake(mine)) ?? (() => {})
    // Handles its own errors: a read that fails is tried again.
    void follow(mine)
  }

  const end = () => {
    if (session === undefined) return
    session.isOver = true
    wake(session)
    for (const resolve of [...session.afterThisRead, ...session.afterNextRead]) resolve()
    session = undefined
    unhint()
  }

  const wake = (mine: Session) => {
    mine.isWoken = true
    mine.wake()
  }

  const follow = async (mine: Session) => {
    let failures = 0
    while (!mine.isOver) {
      mine.afterThisRead = mine.afterNextRead
      mine.afterNextRead = []
      mine.isWoken = false
      let pauseMs = pollIntervalMs
      try {
        if (mine.position === undefined) startAt(mine, (await backend.head()).seq)
        else await readOn(mine, mine.position)
        failures = 0
      } catch {
        pauseMs = fullJitterMs(failures++, { baseMs: 50, maxMs: 5_000 }, Math.random)
      }
      for (const resolve of mine.afterThisRead) resolve()
      // A restart during the read leaves the position unknown: ask at once.
      if (mine.position !== undefined || failures > 0) await pause(mine, pauseMs)
    }
  }

  const pause = (mine: Session, ms: number) =>
    new Promise<void>((resolve) => {
      if (mine.isWoken) return resolve()
      const timer = ms === Infinity ? undefined : setTimeout(() => mine.wake(), ms)
      mine.wake = () => {
        clearTimeout(timer)
        mine.wake = () => {}
        resolve()
      }
    })

  const startAt = (mine: Session, seq: number) => {
    // A commit's answer may have come first.
    if (mine.position !== undefined) return
    mine.start = seq
    mine.position = seq
    for (const resolve of mine.afterStart) resolve(seq)
    mine.afterStart = []
  }

  const readOn = async (mine: Session, from: number) => {
    const generation = backend.generation()
    for (let after = from; ;) {
      const page = await backend.since({ prefix: '', after, limit: pageSize })
      // Commits of this process may have moved the position while the page was under way.
      const { position } = mine
      if (mine.isOver || position === undefined || backend.generation() !== generation) return
      // Something that the listeners were not told of was forgotten: they may hold a value that nothing will replace.
      if (page.purged > position) return restart()
      if (page.upTo > position) {
        mine.position = page.upTo
        const heard = page.records.filter(({ seq, key }) => seq > position && listeners.hears(key))
        listeners.publish(page.epoch, decodeAll(heard), position, page.upTo)
      }
      if (page.records.length < pageSize) return
      after = mine.position ?? page.upTo
    }
  }

  /** One value that something else spoiled must not keep everybody from what is new. */
  const decodeAll = (stored: readonly StoredRecord[]) => {
    const records: CruxRecord[] = []
    for (const each of stored) {
      try {
        records.push(decodeRecord(each))
      } catch (error) {
        onDeliveryError(error)
      }
    }
    return records
  }

  const publish = ({ records, epoch, first, end: last }: Committed) => {
    if (session === undefined) return undefined
    startAt(session, first - 1)
    const { start = 0, position = 0 } = session
    if (first === position + 1) {
      session.position = last
      listeners.publish(epoch, records, position, last)
    } else if (last <= start) {
      // Its answer was overtaken by the answer that told where to start, so no read will bring it.
      listeners.publish(epoch, records, position, position)
    } else if (last > position) {
      const mine = session
      return new Promise<void>((resolve) => {
        mine.afterNextRead.push(resolve)
        wake(mine)
      })
    }
    return undefined
  }

  const restart = () => {
    if (session === undefined) return
    session.start = undefined
    session.position = undefined
    wake(session)
    listeners.restart()
  }

  return {
    listen: (scope, listener) => {
      const remove = listeners.add(scope, listener)
      if (session === undefined) begin()
      return () => {
        remove()
        if (listeners.count() === 0) end()
      }
    },
    position: () =>
      new Promise((resolve) => {
        if (session?.position !== undefined) resolve(session.position)
        else session?.afterStart.push(resolve)
      }),
    publish,
    restart,
    close: end,
  }
}
