import type { CruxStore } from '@crux/core'
import { afterwards } from '../push/afterwards.ts'
import { createChunk, type Chunk } from '../push/chunk.ts'
import { chunkLength } from '../push/chunk-frames.ts'
import { feedEnded, openFeed } from './feed.ts'
import { resetFrame } from './frames.ts'
import { snapshotFrames, type View } from './view.ts'

/** Everything in a scope as of one position, encoded once for all who come. */
export interface Snapshot {
  /** Greeting, `reset` and the entities. `ready` is not in it: its cursor moves on while nothing here changes. */
  readonly chunks: readonly Chunk[]
  /** The store's cursor of that position. */
  readonly cursor: string
}

/** Reads the snapshots of one channel. */
export interface SnapshotReader {
  /**
   * A snapshot that is up to date with a head of the store read after this call. `undefined` if the scope is too large
   * to be held in memory. Rejects with the store's error, and with `closed` after `close`.
   */
  readonly read: () => Promise<Snapshot | undefined>
  readonly close: () => void
}

/** What a snapshot reader needs. */
export interface SnapshotReaderOptions {
  readonly store: Pick<CruxStore, 'changes'>
  readonly view: View
  /** What stands before everything else in a stream. */
  readonly greeting: string
  /** What all kept snapshots of a handler may take together, in bytes; a reader takes of it what it keeps. */
  readonly budget: { bytes: number }
}

/** A larger snapshot is not shared: each client is sent its own, page by page, as fast as it takes them. */
const maxSharedLength = 1_048_576

/**
 * Keeps the last snapshot and asks the store only whether anything has changed since. However many come at once, one
 * read is under way and one is waiting: it begins when the other has ended, and serves all who came in between.
 */
export function createSnapshotReader({
  store,
  view,
  greeting,
  budget,
}: SnapshotReaderOptions): SnapshotReader {
  let kept: Snapshot | undefined
  let isTooLarge = false
  let isClosed = false
  let ending = new AbortController()
  let running: Promise<Snapshot | undefined> | undefined
  let queued: Promise<Snapshot | undefined> | undefined

  async function refresh(): Promise<Snapshot | undefined> {
    if (kept !== undefined) {
      const { first, end } = await open(kept.cursor)
      await end()
      const isUnchanged = first.ready && !first.reset && first.changes.length === 0
      if (isUnchanged && first.cursor !== undefined)
        return keep({ chunks: kept.chunks, cursor: first.cursor })
    }
    return keep(await gather())
  }

  function open(after: string | undefined) {
    ending = new AbortController()
    if (isClosed) ending.abort(feedEnded)
    return openFeed(store, after, ending)
  }

  async function gather(): Promise<Snapshot | undefined> {
    const chunks: Chunk[] = []
    const sent = new Set<string>()
    let length = 0
    let text = ''
    const { batches } = await open(undefined)
    for await (const batch of batches) {
      if (batch.reset) {
        chunks.length = length = 0
        sent.clear()
        text = greeting + resetFrame
      }
      for (const frame of snapshotFrames(view, batch.changes, sent)) {
        text += frame
        if (text.length < chunkLength) continue
        length += text.length
        chunks.push(createChunk(text))
        text = ''
      }
      if (length > maxSharedLength) {
        isTooLarge = true
        return undefined
      }
      if (!batch.ready || batch.cursor === undefined) continue
      if (text !== '') chunks.push(createChunk(text))
      return { chunks, cursor: batch.cursor }
    }
    return undefined
  }

  function keep(snapshot: Snapshot | undefined): Snapshot | undefined {
    budget.bytes += sizeOf(kept)
    const size = sizeOf(snapshot)
    kept = isClosed || size > budget.bytes ? undefined : snapshot
    budget.bytes -= sizeOf(kept)
    return snapshot
  }

  /** After the read that is under way, or else after all who come in this turn of the event loop have come. */
  async function refreshSoon(): Promise<Snapshot | undefined> {
    if (running === undefined) await new Promise<void>(afterwards)
    else await running.catch(() => {})
    running = queued
    queued = undefined
    try {
      return await refresh()
    } finally {
      running = undefined
    }
  }

  return {
    read: async () => {
      if (isTooLarge) return undefined
      queued ??= refreshSoon()
      return queued
    },
    close: () => {
      isClosed = true
      ending.abort(feedEnded)
      keep(undefined)
    },
  }
}

function sizeOf(snapshot: Snapshot | undefined): number {
  return snapshot?.chunks.reduce((sum, { bytes }) => sum + bytes.length, 0) ?? 0
}
