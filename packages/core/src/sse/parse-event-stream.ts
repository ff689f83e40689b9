import { createEventParser } from './event-parser.ts'
import type { SseMessage } from './sse-message.ts'

/** What `parseEventStream` may be told. */
export interface ParseOptions {
  /** Most characters in one event's data, and, plus 64, in any line. Default 1,048,576. */
  readonly maxEventLength?: number | undefined
  /** An id came into force: just before its event is given out, or alone if its block has no data. */
  readonly onId?: ((id: string) => void) | undefined
  /** A comment arrived; called while its piece of the body is read, so ahead of events that wait to be taken. */
  readonly onComment?: ((text: string) => void) | undefined
  /** The server said how long to wait before reconnecting, in milliseconds. */
  readonly onRetry?: ((ms: number) => void) | undefined
  /** Its abort cancels the body and makes the pending, or else the following, `next()` reject with its reason. */
  readonly signal?: AbortSignal | undefined
}

/**
 * The events of an event stream, whatever pieces its body comes in (WHATWG HTML, 9.2.6; SSE-35). Ends with the body;
 * an event whose empty line never came is dropped. Rejects with what the body failed with, and with `SseError`
 * `event-too-large` after the events before it. Every early end cancels the body without waiting for it. Nothing is
 * read or locked before the first `next()`.
 *
 * @example
 * const { body } = await fetch('/events')
 * if (body) for await (const { event, data } of parseEventStream(body)) console.log(event, data)
 */
export async function* parseEventStream(
  body: ReadableStream<Uint8Array>,
  { maxEventLength, onId, onComment, onRetry, signal }: ParseOptions = {},
): AsyncGenerator<SseMessage, void> {
  // Ids wait in line with the events, so that none is in force before what came ahead of it was taken.
  let arrived: (SseMessage | string)[] = []
  const feed = createEventParser({
    maxEventLength,
    onMessage: (message) => arrived.push(message),
    onId: (id) => arrived.push(id),
    onComment,
    onRetry,
  })
  const reader = body.getReader()
  // A cancelled read ends at once, so the abort of a waiting `next()` needs no race.
  const cancel = () => void reader.cancel(signal?.reason).catch(ignore)
  signal?.addEventListener('abort', cancel)
  try {
    for (;;) {
      signal?.throwIfAborted()
      const { done, value } = await reader.read()
      signal?.throwIfAborted()
      if (done) return
      let failure: { readonly error: unknown } | undefined
      try {
        feed(value)
      } catch (error) {
        failure = { error }
      }
      for (const item of arrived) {
        if (typeof item === 'string') {
          onId?.(item)
        } else {
          yield item
          signal?.throwIfAborted()
        }
      }
      if (failure) throw failure.error
      arrived = []
    }
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', cancel)
    cancel()
    reader.releaseLock()
  }
}

/** A body that cannot be cancelled has failed already, and its reader was told. */
function ignore(): void {}
