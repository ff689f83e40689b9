import { createFrameBatch, runReported } from '@crux/core/client'
import {
  applyToStreams,
  type Chunk,
  type StructuredLimits,
  type StructuredState,
  type StructuredStreamError,
  type StructuredStreams,
} from '@crux/core/structured'

/** One object and its React key. */
export interface StructuredItem<T = unknown> {
  /** Stays the same while the stream exists. */
  readonly id: string
  readonly streamId: string
  readonly state: StructuredState<T>
}

/** What was rendered last. */
export interface StructuredSnapshot<T> {
  /** In the order in which the streams were first seen. */
  readonly items: readonly StructuredItem<T>[]
  /** Without prototype. */
  readonly byStreamId: Readonly<Record<string, StructuredItem<T>>>
  /** What was wrong with chunks: the newest 50. */
  readonly errors: readonly StructuredStreamError[]
}

/** Streams outside of React, which is told of them once per frame. */
export interface StructuredStore<T> {
  /** Ahead of what was rendered. */
  readonly get: (streamId: string) => StructuredItem<T> | undefined
  readonly apply: (chunk: Chunk) => StructuredItem<T> | undefined
  readonly delete: (streamId: string) => boolean
  readonly clear: () => void
  /** From now on errors are told to this one; what it throws is reported as uncaught. */
  readonly setOnError: (onError: ((error: StructuredStreamError) => void) | undefined) => void
  readonly getSnapshot: () => StructuredSnapshot<T>
  readonly subscribe: (listener: () => void) => () => void
}

interface StructuredStoreOptions {
  readonly initialChunks: Iterable<Chunk>
  readonly limits: StructuredLimits | undefined
  readonly createId: (streamId: string) => string
}

const keptErrors = 50

/** Makes the store of one hook. Errors of the first chunks are kept, but not reported (STR-46). */
export function createStructuredStore<T>({
  initialChunks,
  limits,
  createId,
}: StructuredStoreOptions): StructuredStore<T> {
  let streams: StructuredStreams = new Map()
  let items: ReadonlyMap<string, StructuredItem<T>> = new Map()
  let errors: readonly StructuredStreamError[] = []
  let onError: ((error: StructuredStreamError) => void) | undefined
  const deleted = new Set<string>()
  const listeners = new Set<() => void>()
  // Soon, and not now: who clears and begins anew, or applies several chunks, shows none of the states between.
  const batch = createFrameBatch(() => {
    snapshot = takeSnapshot()
    for (const listener of listeners) listener()
  })

  function takeSnapshot(): StructuredSnapshot<T> {
    const byStreamId: Record<string, StructuredItem<T>> = Object.create(null)
    for (const [streamId, item] of items) byStreamId[streamId] = item
    return { items: [...items.values()], byStreamId, errors }
  }

  /** Gives what is wrong with the chunk. */
  function fold(chunk: Chunk): StructuredStreamError | null {
    const applied = applyToStreams(streams, chunk, limits)
    if (applied.error) errors = [...errors, applied.error].slice(-keptErrors)
    if (applied.streams !== streams) {
      streams = applied.streams
      const streamId = streamIdOf(chunk)
      const state = streams.get(streamId)
      if (state) {
        const id = items.get(streamId)?.id ?? createId(streamId)
        // Only the application knows what its streams hold.
        items = new Map(items).set(streamId, { id, streamId, state: state as StructuredState<T> })
      }
    }
    return applied.error
  }

  for (const chunk of initialChunks) fold(chunk)
  let snapshot = takeSnapshot()

  return {
    get: (streamId) => items.get(streamId),
    apply(chunk) {
      const streamId = streamIdOf(chunk)
      if (!isStructured(chunk) || deleted.has(streamId)) return undefined
      const before = streams
      const error = fold(chunk)
      if (error) runReported(() => onError?.(error))
      if (error || streams !== before) batch.request('soon')
      return items.get(streamId)
    },
    delete(streamId) {
      if (!items.has(streamId)) return false
      deleted.add(streamId)
      streams = without(streams, streamId)
      items = without(items, streamId)
      batch.request('soon')
      return true
    },
    clear() {
      streams = new Map()
      items = new Map()
      errors = []
      deleted.clear()
      batch.request('soon')
    },
    setOnError(given) {
      onError = given
    },
    getSnapshot: () => snapshot,
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** What is not even an object is none of the other types either, and is told as an error. */
function isStructured(chunk: unknown): boolean {
  if (typeof chunk !== 'object' || chunk === null) return true
  const type: unknown = Reflect.get(chunk, 'type')
  return type === 'structured-data' || type === 'error'
}

/** `''`, which names no stream, where there is none. */
function streamIdOf(chunk: unknown): string {
  const streamId: unknown = Reflect.get(Object(chunk), 'streamId')
  return typeof streamId === 'string' ? streamId : ''
}

function without<Value>(map: ReadonlyMap<string, Value>, key: string): ReadonlyMap<string, Value> {
  return new Map([...map].filter(([other]) => other !== key))
}
