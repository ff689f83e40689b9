import type { Chunk } from './chunk.ts'
import { lastWordMs, noProducer, type Output, type PushedBody } from './pushed-body.ts'
import { unref } from './unref.ts'

/** The `Response` of a pushed body (SSE-1). */
export function toResponse(answer: PushedBody, request: Request): Response {
  return new Response(toBody(answer, request), { headers: answer.headers })
}

/**
 * The stream of a pushed body, which it opens at once. It holds nothing back: the high-water mark is 0, so that each read is one
 * `pull`, and bytes are handed over only to someone who is waiting for them.
 *
 * The client has left when the body is cancelled or `request.signal` aborts, whichever is first. The request itself is
 * kept until then: Node passes an abort on only while the `Request` can be reached (SSE-24).
 */
export function toBody({ open }: PushedBody, request: Request): ReadableStream<Uint8Array> {
  let controller: ReadableStreamDefaultController<Uint8Array>
  let producer = noProducer
  let held: Request | undefined = request
  let isOver = false
  let lastWord:
    | { readonly chunk: Chunk; readonly timer: ReturnType<typeof setTimeout> | undefined }
    | undefined

  const output: Output & { isReady: boolean; takenBytes: number } = {
    isReady: false,
    isBuffered: false,
    heldBytes: 0,
    takenBytes: 0,
    write: (chunk) => {
      // Before enqueue, which may ask for the next bytes at once.
      output.isReady = false
      output.takenBytes += chunk.bytes.length
      controller.enqueue(chunk.bytes)
    },
    end: (last, cutAfterMs = lastWordMs) => {
      if (isOver) return
      finish()
      if (last === undefined) return controller.close()
      if (output.isReady) return close(last)
      const giveUp = () => {
        lastWord = undefined
        controller.error(new Error('The client took no byte after the end of the stream.'))
      }
      lastWord = { chunk: last, timer: cutAfterMs === 0 ? undefined : setTimeout(giveUp, cutAfterMs) }
      unref(lastWord.timer)
    },
    cut: () => {
      if (isOver) return
      finish()
      controller.error(new Error('The client took no byte for too long.'))
    },
  }

  /** From here on nothing is called back, and what the producer needed is let go of (SSE-7). */
  function finish(): void {
    isOver = true
    held?.signal.removeEventListener('abort', leave)
    held = undefined
    producer = noProducer
  }

  function close(last: Chunk): void {
    controller.enqueue(last.bytes)
    controller.close()
  }

  function leave(): void {
    if (isOver) return
    const { onGone } = producer
    finish()
    controller.close()
    onGone()
  }

  const body = new ReadableStream<Uint8Array>(
    {
      start: (given) => {
        controller = given
      },
      pull: () => {
        if (lastWord !== undefined) {
          clearTimeout(lastWord.timer)
          close(lastWord.chunk)
          lastWord = undefined
        } else if (!isOver) {
          output.isReady = true
          producer.onReady()
        }
      },
      cancel: () => {
        clearTimeout(lastWord?.timer)
        lastWord = undefined
        if (isOver) return
        const { onGone } = producer
        finish()
        onGone()
      },
    },
    { highWaterMark: 0 },
  )
  request.signal.addEventListener('abort', leave)
  // Not in `start`: no function that lives as long as the stream may hold on to what `open` needed.
  const opened = open(output)
  if (isOver) return body
  producer = opened
  if (request.signal.aborted) leave()
  return body
}
