import type { Chunk } from './chunk.ts'
import { lastWordMs, type Output, type PushedBody } from './pushed-body.ts'
import { unref } from './unref.ts'

/**
 * The `Response` of a pushed body. Its stream holds nothing back: the high-water mark is 0, so that each read is one
 * `pull`, and bytes are handed over only to someone who is waiting for them.
 *
 * The client has left when the body is cancelled or `request.signal` aborts, whichever is first. The request itself is
 * kept until then: Node passes an abort on only while the `Request` can be reached (SSE-24).
 */
export function toResponse({ headers, open }: PushedBody, request: Request): Response {
  let controller: ReadableStreamDefaultController<Uint8Array>
  let isOver = false
  let lastWord: { readonly chunk: Chunk; readonly timer: ReturnType<typeof setTimeout> } | undefined

  const output: Output & { isReady: boolean } = {
    isReady: false,
    write: (chunk) => {
      // Before enqueue, which may ask for the next bytes at once.
      output.isReady = false
      controller.enqueue(chunk.bytes)
    },
    end: (last) => {
      if (isOver) return
      finish()
      if (last === undefined) return controller.close()
      if (output.isReady) return close(last)
      const giveUp = () => {
        lastWord = undefined
        controller.error(new Error('The client took no byte after the end of the stream.'))
      }
      lastWord = { chunk: last, timer: setTimeout(giveUp, lastWordMs) }
      unref(lastWord.timer)
    },
  }

  function finish(): void {
    isOver = true
    request.signal.removeEventListener('abort', leave)
  }

  function close(last: Chunk): void {
    controller.enqueue(last.bytes)
    controller.close()
  }

  function leave(): void {
    if (isOver) return
    finish()
    controller.close()
    producer.onGone()
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
        finish()
        producer.onGone()
      },
    },
    { highWaterMark: 0 },
  )
  request.signal.addEventListener('abort', leave)
  // Not in `start`: no function that lives as long as the stream may hold on to what `open` needed.
  const producer = open(output)
  if (request.signal.aborted) leave()
  return new Response(body, { headers })
}
