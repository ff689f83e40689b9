import { encodeEvent } from '@crux/core/sse'
import { isTurnFailure, type Chunk } from '@crux/core/structured'
import { checkAddedHeaders, createStreamHeaders } from '../push/stream-headers.ts'
import { unref } from '../push/unref.ts'
import { assertChunk, openSource, type ChunkSource } from './chunk-source.ts'

/** What goes with the chunks of a turn. */
export interface StreamResponseOptions {
  /** Added or in place of ours; not `content-type`, and none that belongs to the connection. */
  readonly headers?: HeadersInit
  /** Default 200. */
  readonly status?: number
  /** The request's, so that the source hears when the client goes. */
  readonly signal?: AbortSignal
  /** What the source threw, or why a chunk could not be sent. Default `console.error`. */
  readonly onError?: (error: unknown) => void
  /** What the client is told of it. Default code `internal` and fixed words. */
  readonly maskError?: (error: unknown) => { readonly code: string; readonly message: string }
}

interface TurnOptions extends StreamResponseOptions {
  /** 0 sends none. */
  readonly heartbeatMs: number
  /** Says `done` for a source that ended well without it. */
  readonly saysDone: boolean
}

const utf8 = /* @__PURE__ */ new TextEncoder()
const marker = /* @__PURE__ */ encodeEvent({ data: '[DONE]' })
const heartbeat = /* @__PURE__ */ encodeEvent({ comment: '' })
const genericError = { code: 'internal', message: 'The stream failed.' }

/**
 * The response of a turn, pulled by its reader: high-water mark 0, so nothing is asked of the source before the first
 * read, and at most one chunk waits (STR-33).
 *
 *     read ──▶ pull ──▶ next() ──▶ chunk ──▶ bytes
 *                └─ still waiting after heartbeatMs ──▶ comment; the chunk is for the next read
 */
export function streamResponse(source: ChunkSource, options: TurnOptions): Response {
  const { headers, status = 200, signal, onError = reportError, maskError, heartbeatMs, saysDone } = options
  const init = { status, headers: createStreamHeaders(checkAddedHeaders(headers)) }
  const opened = openSource(source)
  let controller: ReadableStreamDefaultController<Uint8Array>
  let isOver = false
  let isAsked = false
  let hasFailed = false
  let timer: ReturnType<typeof setTimeout> | undefined

  function finish(): void {
    isOver = true
    clearTimeout(timer)
    signal?.removeEventListener('abort', leave)
  }

  function leave(): void {
    finish()
    controller.close()
    opened.abort(signal?.reason)
  }

  async function ask(): Promise<void> {
    isAsked = true
    let answer: { readonly text: string; readonly isLast: boolean }
    try {
      answer = read(await opened.next())
    } catch (error) {
      if (isOver) return
      opened.leave()
      answer = { text: fail(error), isLast: true }
    }
    isAsked = false
    if (isOver) return
    clearTimeout(timer)
    if (answer.isLast) finish()
    // Where a comment was given to the read that waited, it is there for the next one.
    controller.enqueue(utf8.encode(answer.text))
    if (answer.isLast) controller.close()
  }

  function read({ done, value }: IteratorResult<unknown, unknown>) {
    if (done)
      return { text: (saysDone && !hasFailed ? encodeChunk({ type: 'done' }) : '') + marker, isLast: true }
    assertChunk(value)
    const text = encodeChunk(value)
    hasFailed ||= isTurnFailure(value)
    if (value.type !== 'done') return { text, isLast: false }
    opened.leave()
    return { text: text + marker, isLast: true }
  }

  function fail(error: unknown): string {
    attempt(() => onError(error))
    const words = attempt(() => {
      const { code, message } = maskError?.(error) ?? genericError
      return encodeChunk({ type: 'error', code, message })
    })
    return (words ?? encodeChunk({ type: 'error', ...genericError })) + marker
  }

  function expectHeartbeat(): void {
    clearTimeout(timer)
    if (heartbeatMs <= 0) return
    timer = setTimeout(() => controller.enqueue(utf8.encode(heartbeat)), heartbeatMs)
    unref(timer)
  }

  const body = new ReadableStream<Uint8Array>(
    {
      start: (given) => {
        controller = given
        signal?.addEventListener('abort', leave)
        if (signal?.aborted) leave()
      },
      // Only ever called while a read waits.
      pull: () => {
        expectHeartbeat()
        // What it could fail with is told on the wire.
        if (!isAsked) void ask()
      },
      cancel: (reason) => {
        finish()
        opened.abort(reason)
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, init)
}

/** Throws for what JSON cannot tell, such as a bigint or a cycle. */
function encodeChunk(chunk: Chunk): string {
  return encodeEvent({ data: JSON.stringify(chunk) })
}

/** What a user's function gives; `undefined` if it throws, which must not end the stream in another way. */
function attempt<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch {
    return undefined
  }
}

function reportError(error: unknown): void {
  // oxlint-disable-next-line no-console -- the default of onError
  console.error(error)
}
