import type { LiveBatch } from './scope-listeners.ts'

/** More waiting records than this, and a reader is served from the store instead (STO-10, D7). */
const maxWaitingRecords = 1_000

/** The live batches that wait for one feed's reader. */
export interface LiveWindow {
  /** Takes what the follower tells; `undefined` when everything starts over. */
  readonly listener: (live: LiveBatch | undefined) => void
  /** Drops what waits and gathers from now on. */
  readonly reopen: () => void
  readonly take: () => LiveBatch | undefined
  /** False after too much waited: all of it was dropped. */
  readonly isOpen: () => boolean
  /** While closed: up to here, nothing that was dropped is missing. */
  readonly droppedFrom: () => number
  readonly isRestarted: () => boolean
  /** Resolves when there is something to take, or something else than taking to do. */
  readonly changed: () => Promise<void>
}

/** A window that is open and empty. */
export function createLiveWindow(): LiveWindow {
  let batches: LiveBatch[] = []
  let records = 0
  let isOpen = true
  let isRestarted = false
  let droppedFrom = 0
  let wake = () => {}

  const drop = () => {
    batches = []
    records = 0
  }

  return {
    listener: (live) => {
      if (live === undefined) isRestarted = true
      else if (isOpen) {
        records += live.batch.changes.length
        batches.push(live)
        // A commit that alone is larger than the limit passes: it is in memory anyway.
        if (records > maxWaitingRecords && batches.length > 1) {
          isOpen = false
          droppedFrom = batches[0]?.from ?? 0
          drop()
        }
      }
      wake()
    },
    reopen: () => {
      drop()
      isOpen = true
      isRestarted = false
    },
    take: () => {
      const live = batches.shift()
      records -= live?.batch.changes.length ?? 0
      return live
    },
    isOpen: () => isOpen,
    droppedFrom: () => droppedFrom,
    isRestarted: () => isRestarted,
    changed: () =>
      new Promise((resolve) => {
        if (batches.length > 0 || !isOpen || isRestarted) resolve()
        else wake = resolve
      }),
  }
}
