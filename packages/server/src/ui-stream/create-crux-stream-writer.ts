// For programs whose own `lib` does not have `AsyncDisposable` yet.
/// <reference lib="esnext.disposable" preserve="true" />
import type { CruxDataChunk, CruxStore } from '@crux/core'
import { createCruxOutput } from './crux-output.ts'
import type { CruxPartOptions, UIMessageStreamWriterLike } from './stream-writer-types.ts'

/** Shows a store's changes in a stream that the AI SDK made. */
export interface CruxStreamWriter<C> extends AsyncDisposable {
  /** Writes a chunk of yours. With `persist` write and merge through here, so that parts find their place among yours. */
  readonly write: (chunk: C) => void
  /** Merges a stream of yours, such as `result.toUIMessageStream()`. */
  readonly merge: (stream: ReadableStream<C>) => void
  /**
   * Ends it, once the merged streams have ended. What the store has delivered by now is written before this returns. After
   * it nothing more is written. Idempotent; never rejects. `await using` calls it at the end of the block.
   */
  readonly close: () => Promise<void>
}

/** Options of `createCruxStreamWriter`. */
export interface CruxStreamWriterOptions extends CruxPartOptions {
  /** Hears when the store could not be read; the chat goes on. Default `console.error`. */
  readonly onError?: ((error: unknown) => void) | undefined
}

/**
 * Writes what a scope holds, and every change of it, into a UI message stream of AI SDK 5, 6 or 7, as `data-crux` parts
 * that `createStreamTransport` reads (LIVE-30 to LIVE-33). Give it a scoped store: all of that scope goes to this client.
 * Close it when the agent has ended, also if it failed.
 *
 * @example
 * createUIMessageStream({
 *   execute: async ({ writer }) => {
 *     const cruxWriter = createCruxStreamWriter(writer, store.scope(`chat:${id}:`), { signal: request.signal })
 *     try {
 *       await runAgent()
 *     } finally {
 *       await cruxWriter.close()
 *     }
 *   },
 * })
 */
export function createCruxStreamWriter<C extends { readonly type: string }>(
  writer: UIMessageStreamWriterLike<C>,
  store: CruxStore,
  options: CruxStreamWriterOptions = {},
): CruxStreamWriter<C> {
  const { onError = logError } = options
  // What takes the one and the other takes either.
  const put = (chunk: C | CruxDataChunk) => writer.write(chunk as C)
  const output = createCruxOutput<C>(store, { ...options, put, onError })
  let isClosed = false

  const close = () => {
    isClosed = true
    return output.close()
  }

  return {
    write(chunk) {
      if (!isClosed) output.pass(chunk)
    },
    merge(stream) {
      if (!writer.merge) throw new TypeError('This writer cannot merge streams: give the chunks to `write`.')
      // A stream that nobody wants has failed already if it cannot be cancelled.
      if (isClosed) return void stream.cancel().catch(() => {})
      const reader = stream.getReader()
      const relayed = output.relay(reader)
      // Of what is merged the writer sees only the end, or the error: chunks and parts go the same way, so that none
      // overtakes another.
      const ending = new ReadableStream<C>(
        {
          async pull(controller) {
            await relayed
            controller.close()
          },
          cancel: (reason) => reader.cancel(reason),
        },
        { highWaterMark: 0 },
      )
      relayed.catch(() => {})
      writer.merge(ending)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function logError(error: unknown): void {
  // oxlint-disable-next-line no-console -- the documented default: an error must not vanish
  console.error('createCruxStreamWriter:', error)
}
