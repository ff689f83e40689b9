import type { Chunk } from '@crux/core/structured'

/**
 * Where the chunks of a turn come from. Prefer the function: it is called at the first read, and its signal is the only
 * thing that reaches a generator which waits for a model (STR-34).
 */
export type ChunkSource =
  | AsyncIterable<Chunk>
  | ReadableStream<Chunk>
  | ((context: { readonly signal: AbortSignal }) => AsyncIterable<Chunk>)

/** A source that is read at most once. */
export interface OpenedSource {
  /** May throw at once what a source does. */
  readonly next: () => Promise<IteratorResult<unknown, unknown>>
  /** Aborts the source's signal, then leaves it. A function that was not called yet is never called. */
  readonly abort: (reason?: unknown) => void
  /** Leaves it without waiting for it; its signal does not abort. */
  readonly leave: () => void
}

interface Pulled {
  readonly next: () => Promise<IteratorResult<unknown, unknown>>
  readonly leave: () => unknown
}

/** Makes a source ready; nothing of it is called before the first `next()`. */
export function openSource(source: ChunkSource): OpenedSource {
  const controller = new AbortController()
  let pulled: Pulled | undefined
  let isLeft = false

  function leave(): void {
    if (isLeft) return
    isLeft = true
    if (pulled === undefined && typeof source === 'function') return
    // How it fails to end is of no use to anyone.
    void Promise.resolve()
      .then(() => (pulled ??= pullFrom(source, controller.signal)).leave())
      .catch(ignore)
  }

  return {
    next: () => (pulled ??= pullFrom(source, controller.signal)).next(),
    leave,
    abort: (reason) => {
      controller.abort(reason)
      leave()
    },
  }
}

/** Throws for what could not be told from another thing on the wire: a chunk is an object with a type. */
export function assertChunk(value: unknown): asserts value is Chunk {
  const type: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'type') : undefined
  if (typeof type === 'string' && type !== '' && !Array.isArray(value)) return
  throw new TypeError('A chunk must be an object with a "type" that is not empty.')
}

function pullFrom(source: ChunkSource, signal: AbortSignal): Pulled {
  const iterable = typeof source === 'function' ? source({ signal }) : source
  // A stream's own iterator would wait for its pending read before it cancels.
  if (iterable instanceof ReadableStream) {
    const reader = iterable.getReader()
    return {
      next: async () => {
        const { done, value } = await reader.read()
        return done ? { done, value: undefined } : { done, value }
      },
      leave: () => reader.cancel(),
    }
  }
  const iterator = iterable[Symbol.asyncIterator]()
  return { next: () => iterator.next(), leave: () => iterator.return?.() }
}

function ignore(): void {}
