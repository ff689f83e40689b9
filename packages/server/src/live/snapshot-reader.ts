import type { CruxStore } from '@crux/core'
import { afterwards } from '../push/afterwards.ts'
import { createChunk, type Chunk } from '../push/chunk.ts'
import { chunkLength } from '../push/chunk-frames.ts'
import { feedEnded, openFeed } from './feed.ts'
import { resetFrame, type OpeningFrames } from './frames.ts'
import { tagCursor } from './live-cursor.ts'
import { snapshotFrames, type View } from './view.ts'

/** Everything in a scope as of one position, encoded once for all who come. */
export interface Snapshot {
  /** Greeting, `reset`, the entities and `ready`. */
  readonly chunks: readonly Chunk[]
  /** What stands before `ready` in the last chunk: its cursor moves on while nothing here changes. */
  readonly tail: string
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
  readonly store: Pick<CruxStore, 'changes' | 'commit'>
  readonly view: View
  readonly opening: OpeningFrames
  /** What all kept snapshots of a handler may take together, in bytes; a reader takes of it what it keeps. */
  readonly budget: { bytes: number }
}

/** What was purged is in no feed, so a kept snapshot is read anew after so long. */
const maxAgeMs = 2_000
/** A larger snapshot is not shared: each client is sent its own, page by page, as fast as it takes them. */
const maxSharedLength = 1_048_576

/**
 * Keeps the last snapshot and asks the store only whether anything has changed since. However many come at once, one
 * read is under way and one is waiting: it begins when the other has ended, and serves all who came in between.
 */
export function createSnapshotReader({
  store,
  view,
  opening,
  budget,
}: SnapshotReaderOptions): SnapshotReader {
  let kept: Snapshot | undefined
  let readAt = 0
  let isTooLarge = false
  let isClosed = false
  let ending = new AbortController()
  let running: Promise<Snapshot | undefined> | undefined
  let queued: Promise<Snapshot | undefined> | undefined

  async function refresh(): Promise<Snapshot | undefined> {
    const known = performance.now() - readAt < maxAgeMs ? kept : undefined
    if (known !== undefined) {
      // An empty commit writes nothing and answers the head's cursor: the least that can be asked (STO-1).
      const head = await store.commit([])
      if (head.cursor === known.cursor) return known
      const { first, end } = await open(known.cursor)
      await end()
      const isUnchanged = first.ready && !first.reset && first.changes.length === 0
      if (isUnchanged && first.cursor !== undefined) {
        return keep(snapshotOf(known.chunks.slice(0, -1), known.tail, first.cursor))
      }
    }
    readAt = performance.now()
    return keep(await gather())
  }

  function open(after: string | undefined) {
    ending = new AbortController()
    if (isClosed) ending.abort(feedEnded)
    return openFeed(store, after, ending)
  }

  function snapshotOf(before: readonly Chunk[], tail: string, cursor: string): Snapshot {
    const last = createChunk(tail + opening.ready(tagCursor(cursor, view.tag)))
    return { chunks: [...before, last], tail, cursor }
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
        text = opening.greeting + resetFrame
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
      if (batch.ready && batch.cursor !== undefined) return snapshotOf(chunks, text, batch.cursor)
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
