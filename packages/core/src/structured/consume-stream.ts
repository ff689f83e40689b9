import { leave } from './leave.ts'
import { isTurnFailure, type StreamEnd } from './read-stream.ts'
import type { Chunk, ErrorChunk } from './stream-chunk.ts'
import { StreamError } from './stream-error.ts'

/** Who hears of a turn. What one of them throws ends the reading and rejects; no other one hears of it. */
export interface StreamHandlers {
  /** Each chunk, in order; the next one waits for what it returns. `false` stops. */
  readonly onChunk?: (chunk: Chunk) => void | boolean | Promise<void | boolean>
  /** The turn succeeded. */
  readonly onDone?: () => void
  /** Each `error` chunk, after `onChunk`, and the error that the stream threw, without a chunk. */
  readonly onError?: (error: StreamError, chunk?: ErrorChunk) => void
}

/**
 * Reads a turn to its end and tells the handlers (STR-43). Gives how it ended. A failed turn rejects with its
 * `StreamError` if there is no `onError` to hear of it.
 *
 * @example
 * await consumeStream(streamFromRoute({ endpoint: '/api/mail', body }), { onChunk: show, onError: report })
 */
export async function consumeStream(
  stream: AsyncIterable<Chunk>,
  { onChunk, onDone, onError }: StreamHandlers = {},
): Promise<StreamEnd> {
  const iterator = stream[Symbol.asyncIterator]()
  let failure: StreamError | undefined
  try {
    for (;;) {
      const step = await nextStep(iterator)
      if ('failed' in step) {
        if (!onError) throw step.failed
        onError(step.failed)
        return 'failed'
      }
      if (step.done) {
        const end = readEnd(step.value, failure)
        if (end === 'failed') {
          const error = failure ?? new StreamError('error', 'The turn failed.')
          if (!onError) throw error
          // A source that says no more than that has not been heard of yet.
          if (!failure) onError(error)
        }
        if (end === 'done') onDone?.()
        return end
      }
      const chunk = step.value
      const goesOn = await onChunk?.(chunk)
      if (isError(chunk)) {
        const error = new StreamError(chunk.code ?? 'error', chunk.message)
        if (isTurnFailure(chunk)) failure = error
        onError?.(error, chunk)
      }
      if (chunk.type === 'done') onDone?.()
      if (chunk.type === 'done' || goesOn === false) {
        void leave(iterator)
        return chunk.type === 'done' ? 'done' : 'stopped'
      }
    }
  } catch (error) {
    void leave(iterator)
    throw error
  }
}

type Step = IteratorResult<Chunk, unknown> | { readonly failed: StreamError }

async function nextStep(iterator: AsyncIterator<Chunk, unknown>): Promise<Step> {
  try {
    return await iterator.next()
  } catch (error) {
    if (StreamError.is(error)) return { failed: error }
    return { failed: new StreamError('source-failed', 'The source of the stream failed.', { cause: error }) }
  }
}

/** A source that does not say how it ended is judged by its chunks. */
function readEnd(value: unknown, failure: StreamError | undefined): StreamEnd {
  if (value === 'done' || value === 'failed' || value === 'stopped' || value === 'aborted') return value
  return failure ? 'failed' : 'done'
}

function isError(chunk: Chunk): chunk is ErrorChunk {
  return chunk.type === 'error'
}
