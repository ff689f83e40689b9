import {
  consumeStream,
  type Chunk,
  type ErrorChunk,
  type StreamEnd,
  type StreamHandlers,
} from '@crux/core/structured'
import type { StructuredItem, StructuredStore } from './structured-store.ts'

/**
 * Reads a turn into a store, as `consumeStream` does. However the turn ends, what it left unfinished is broken then: nobody
 * writes it any more.
 */
export async function applyStream<T>(
  store: Pick<StructuredStore<T>, 'apply' | 'get'>,
  stream: AsyncIterable<Chunk>,
  { onChunk, ...handlers }: StreamHandlers = {},
): Promise<StreamEnd> {
  const written = new Map<string, StructuredItem<T>>()
  try {
    return await consumeStream(stream, {
      ...handlers,
      onChunk: (chunk) => {
        const item = store.apply(chunk)
        if (item) written.set(item.streamId, item)
        return onChunk?.(chunk)
      },
    })
  } finally {
    for (const [streamId, item] of written) {
      // Another turn may write a stream of this name by now.
      if (store.get(streamId) === item) store.apply(incomplete(streamId))
    }
  }
}

/** Breaks a stream that its turn left unfinished; one that is over it leaves as it is (STR-52). */
export function incomplete(streamId: string): ErrorChunk {
  const message = 'The turn ended before this was complete.'
  return { type: 'error', streamId, code: 'incomplete', message }
}
