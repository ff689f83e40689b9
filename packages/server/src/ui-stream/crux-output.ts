import { toDataChunk, toDataPart, type CruxDataChunk, type CruxStore } from '@crux/core'
import { followStore } from './follow-store.ts'
import { createPartPlacement } from './part-placement.ts'
import type { CruxPartOptions } from './stream-writer-types.ts'

/** Where chunks go, and what of ours goes with them. */
export interface CruxOutputOptions<C> extends CruxPartOptions {
  readonly put: (chunk: C | CruxDataChunk) => void
  /** While it gives false parts wait, the newest of each entity, until `flush` (D7). */
  readonly hasRoom?: () => boolean
  /** See `PartPlacementOptions`. */
  readonly start?: C | undefined
  /** The store could not be read. */
  readonly onError: (error: unknown) => void
}

/** A stream of chunks with a store's changes among them. */
export interface CruxOutput<C> {
  /** Puts out a chunk of the application, with the parts that belong before and after it. */
  readonly pass: (chunk: C) => void
  /** Passes a stream's chunks, one whenever `room` resolves. Rejects with the stream's error. */
  readonly relay: (reader: ReadableStreamDefaultReader<C>, room?: () => Promise<void>) => Promise<void>
  /** Puts out what waited for room. */
  readonly flush: () => void
  /** Ends the subscription: at once if nothing is relayed any more, else when that has ended. Never rejects. */
  readonly close: () => Promise<void>
  /** Ends the subscription at once. The chunks of the application still pass. */
  readonly abandon: () => void
}

/** See `CruxOutput`. */
export function createCruxOutput<C extends { readonly type: string }>(
  store: CruxStore,
  options: CruxOutputOptions<C>,
): CruxOutput<C> {
  const { snapshot = true, persist = false, progressWindowMs = 50, signal, put, start, onError } = options
  const { hasRoom = () => true } = options
  const placement = createPartPlacement<C>({ persist, start })
  const relays = new Set<Promise<void>>()
  let closing: Promise<void> | undefined
  let isAbandoned = false
  let leave = () => {}
  const left = new Promise<void>((resolve) => {
    leave = resolve
  })

  const putAll = (chunks: readonly (C | CruxDataChunk)[]) => chunks.forEach(put)

  const follower = followStore(store, {
    snapshot,
    progressWindowMs,
    deliver(records) {
      // Copies, because records are shared, and whoever gets a chunk may do with it what they like (SDK-4).
      placement.add(records.map((record) => toDataChunk(structuredClone(toDataPart(record)), !persist)))
      if (hasRoom()) putAll(placement.due())
    },
    onError,
  })

  async function end(): Promise<void> {
    follower.flush()
    while (relays.size > 0 && !isAbandoned) await Promise.race([left, Promise.allSettled(relays)])
    const delivered = follower.end()
    putAll(placement.rest())
    signal?.removeEventListener('abort', abandon)
    await delivered
    putAll(placement.rest())
  }

  function abandon(): void {
    isAbandoned = true
    signal?.removeEventListener('abort', abandon)
    void follower.end('now')
    leave()
  }

  async function passAll(reader: ReadableStreamDefaultReader<C>, room?: () => Promise<void>): Promise<void> {
    for (;;) {
      await room?.()
      const { done, value } = await reader.read()
      if (done) return
      putAll(placement.pass(value))
    }
  }

  signal?.addEventListener('abort', abandon)
  if (signal?.aborted) abandon()

  return {
    pass: (chunk) => putAll(placement.pass(chunk)),
    relay: async (reader, room) => {
      const relay = passAll(reader, room)
      relays.add(relay)
      try {
        await relay
      } finally {
        relays.delete(relay)
        reader.releaseLock()
      }
    },
    flush: () => putAll(placement.due()),
    close: () => (closing ??= end()),
    abandon,
  }
}
