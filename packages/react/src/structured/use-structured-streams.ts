import type {
  Chunk,
  StreamEnd,
  StreamHandlers,
  StructuredLimits,
  StructuredStreamError,
} from '@crux/core/structured'
import { useInsertionEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { applyStream } from './apply-stream.ts'
import {
  createStructuredStore,
  type StructuredItem,
  type StructuredSnapshot,
  type StructuredStore,
} from './structured-store.ts'

/** What `useStructuredStreams` may be told. All but `onError` is read when the component mounts. */
export interface StructuredStreamsOptions {
  /** Applied before the first render, on the server as well. */
  readonly initialChunks?: Iterable<Chunk>
  readonly limits?: StructuredLimits
  /** Makes the React key of a new stream. Default its stream id. */
  readonly createId?: (streamId: string) => string
  /** Hears of each bad chunk; what it throws is reported as uncaught. */
  readonly onError?: (error: StructuredStreamError) => void
}

/** What the hook gives. The functions never change; only `applyStream` can fail. */
export interface StructuredStreamsHook<T = unknown> extends StructuredSnapshot<T> {
  /** Takes a chunk of any type and gives the item of its stream, which `get` has at once (STR-45). */
  readonly applyStreamChunk: (chunk: Chunk) => StructuredItem<T> | undefined
  /**
   * Takes all chunks of a turn, as `consumeStream` does, and resolves and rejects as it does. Objects that the turn left
   * unfinished, whether it failed, was aborted or was cut, get the error `incomplete`.
   */
  readonly applyStream: (stream: AsyncIterable<Chunk>, handlers?: StreamHandlers) => Promise<StreamEnd>
  /** The newest state, which may be ahead of what was rendered. */
  readonly get: (streamId: string) => StructuredItem<T> | undefined
  /** Gives whether there was such a stream. Its later chunks are ignored until `clear`. */
  readonly delete: (streamId: string) => boolean
  /** Forgets streams, errors and what was deleted. */
  readonly clear: () => void
}

/**
 * Objects that are shown while they are written (STR-44 to STR-47). Renders are batched: what is done in one go together,
 * at once after quiet, else with the next animation frame. Only the item of a chunk's stream gets a new identity.
 *
 * @example
 * const { items, applyStream } = useStructuredStreams<Email>()
 * const send = () => applyStream(streamFromRoute({ endpoint: '/api/mail' }), { onError: report })
 * return items.map(({ id, state }) => <Draft key={id} state={state} />)
 */
export function useStructuredStreams<T = unknown>(
  options: StructuredStreamsOptions = {},
): StructuredStreamsHook<T> {
  const [{ store, functions }] = useState(() => {
    const { initialChunks = [], limits, createId = (streamId: string) => streamId } = options
    const made = createStructuredStore<T>({ initialChunks, limits, createId })
    return { store: made, functions: functionsOf(made) }
  })
  useInsertionEffect(() => store.setOnError(options.onError), [store, options.onError])
  const snapshot = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot)
  return useMemo(() => ({ ...snapshot, ...functions }), [snapshot, functions])
}

function functionsOf<T>(store: StructuredStore<T>) {
  return {
    applyStreamChunk: store.apply,
    applyStream: (stream: AsyncIterable<Chunk>, handlers?: StreamHandlers) =>
      applyStream(store, stream, handlers),
    get: store.get,
    delete: store.delete,
    clear: store.clear,
  }
}
