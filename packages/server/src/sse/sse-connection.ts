import { encodeEvent, SseError } from '@crux/core/sse'
import { afterwards } from '../push/afterwards.ts'
import type { Output, Producer } from '../push/pushed-body.ts'
import { unref } from '../push/unref.ts'
import { createAbortCallbacks } from './abort-callbacks.ts'
import { endFrame, errorFrame } from './end-frames.ts'
import { eventText, toSseError } from './event-text.ts'
import { createOutbox, type OutboxLimits } from './outbox.ts'
import type { SseEnd, SseErrorPhase, SseHandler, SseOptions, SseStream } from './sse-types.ts'

/** What the connections of one `sse` value have in common. */
export interface ConnectionSettings extends Pick<SseOptions, 'keepOpen' | 'maxLifetimeMs' | 'maskError'> {
  readonly outbox: OutboxLimits
  readonly maxBufferedBytes: number
  readonly maxEventBytes: number
  /** Says the end of a stream that is over for good. */
  readonly saysEnd: boolean
  readonly reconnectOnError: boolean
  readonly report: (error: unknown, phase: SseErrorPhase, request: Request) => void
}

/** What one connection is made for. */
export interface ConnectionOptions {
  readonly request: Request
  readonly handler: SseHandler
  readonly lastEventId: string
  readonly waitUntil: ((promise: Promise<unknown>) => void) | undefined
  /** Once: the last byte was handed over or dropped. */
  readonly onDone: () => void
}

/** The stream of one client, from the server's side. */
export interface SseConnection {
  /** Sends the first bytes, and starts the handler in a microtask. */
  readonly open: (output: Output) => Producer
  /** Ends the stream as `shutdown`. */
  readonly shutDown: () => void
}

/** Made once each: an error with its stack would be the dearest part of an abort. */
const abortReasons = /* @__PURE__ */ (() => ({
  aborted: new DOMException('The client has left.', 'AbortError'),
  expired: new DOMException('The lifetime of the stream is over.', 'AbortError'),
  shutdown: new DOMException('The server is closing.', 'AbortError'),
  overflow: new DOMException('The reader fell too far behind.', 'AbortError'),
}))()

/**
 * One stream: it ends once, at the first cause, and is done when its last byte was handed over or dropped (SSE-3).
 *
 *     open ──▶ handler runs ──▶ ended (`word`) ──▶ what was accepted goes out ──▶ done (`closed`)
 *                                   └ `aborted`, `overflow`: dropped ─────────────┘
 *
 * Nothing but the handler's own promise refers to handler and request once it is done: no timer, no listener, no output.
 */
export function createSseConnection(
  settings: ConnectionSettings,
  { request, handler, lastEventId, waitUntil, onDone }: ConnectionOptions,
): SseConnection {
  const { keepOpen, maxLifetimeMs, maskError, maxBufferedBytes, maxEventBytes, saysEnd } = settings
  const report = (error: unknown, phase: SseErrorPhase) => settings.report(error, phase, request)
  const callbacks = createAbortCallbacks((error) => report(error, 'abort'))
  /** Refused writes, which `onError` has heard of. */
  const reported = new WeakSet<object>()
  let word: SseEnd | undefined
  let resolveClosed = (_word: SseEnd): void => {}
  const waiting: ((isOpen: boolean) => void)[] = []
  let hasAccepted = false
  let isWriteAfterReturn = false
  let lifetime: ReturnType<typeof setTimeout> | undefined

  const closed = new Promise<SseEnd>((resolve) => {
    resolveClosed = resolve
  })

  const outbox = createOutbox(settings.outbox, {
    onRoom: () => {
      for (const resolve of waiting.splice(0)) resolve(true)
    },
    onGone: (error) => {
      if (error !== undefined) report(error, 'transport')
      end('aborted')
    },
    onDone: () => {
      clearTimeout(lifetime)
      request.signal.removeEventListener('abort', outbox.leave)
      onDone()
      if (word !== undefined) resolveClosed(word)
    },
  })

  function end(why: SseEnd, lastFrames = ''): void {
    if (word !== undefined) return
    word = why
    const writers = waiting.splice(0)
    if (writers.length > 0) afterwards(() => writers.forEach((resolve) => resolve(false)))
    if (lastFrames !== '') outbox.push(lastFrames)
    if (why === 'overflow') outbox.drop()
    else if (why !== 'aborted') outbox.end()
    if (why === 'complete' || why === 'error') callbacks.forget()
    else callbacks.abort(abortReasons[why])
  }

  function complete(reconnect = false): void {
    end('complete', saysEnd && !reconnect ? endFrame('complete') : '')
  }

  /** The handler has returned, and that was taken as its end (SSE-6). */
  function completeOnReturn(): void {
    if (word !== undefined) return
    isWriteAfterReturn = true
    complete()
  }

  function fail(error: unknown): void {
    if (!isMerelyTheAbort(error) && !isReported(error)) report(error, 'handler')
    if (word !== undefined) return
    const lastFrame = saysEnd && !settings.reconnectOnError ? endFrame('error') : ''
    end('error', errorFrame(error, maskError) + lastFrame)
  }

  function isMerelyTheAbort(error: unknown): boolean {
    if (!callbacks.signal.aborted) return false
    const { aborted, reason } = request.signal
    if (aborted && error === reason) return true
    return typeof error === 'object' && error !== null && 'name' in error && error.name === 'AbortError'
  }

  function isReported(error: unknown): boolean {
    return typeof error === 'object' && error !== null && reported.has(error)
  }

  function run(): void {
    try {
      const result: unknown = handler(stream, request)
      if (isThenable(result)) Promise.resolve(result).then(onFulfilled, fail)
      else if (keepOpen === false) completeOnReturn()
    } catch (error) {
      fail(error)
    }
  }

  function onFulfilled(): void {
    if (!(keepOpen ?? (!hasAccepted && callbacks.isAwaited()))) completeOnReturn()
  }

  /** Sends what `makeText` gives, which may throw. */
  function send(makeText: () => string, isEvent: boolean): Promise<boolean> {
    if (word !== undefined) return refuse()
    let text: string
    try {
      text = checkedSize(makeText())
    } catch (thrown) {
      return reject(toSseError(thrown))
    }
    // `toJSON` of the data may have ended the stream.
    if (word !== undefined) return refuse()
    if (outbox.waitingBytes() >= maxBufferedBytes) {
      end('overflow')
      const message = `${maxBufferedBytes} bytes or more wait for the reader: await each write, so that it is waited for.`
      report(new SseError('overflow', message), 'write')
      return refuse()
    }
    hasAccepted ||= isEvent
    outbox.push(text)
    if (!outbox.isFull()) return Promise.resolve(true)
    return new Promise((resolve) => {
      waiting.push(resolve)
    })
  }

  function checkedSize(text: string): string {
    // No text has fewer bytes than UTF-16 units, or more than three times as many.
    const isSmall = text.length * 3 <= maxEventBytes
    if (isSmall || (text.length <= maxEventBytes && new TextEncoder().encode(text).length <= maxEventBytes))
      return text
    throw new SseError('event-too-large', `An event may have ${maxEventBytes} bytes ("maxEventBytes").`)
  }

  /** The stream has ended. In a later turn, so that a loop that does not look cannot starve everything else (SSE-9). */
  function refuse(): Promise<boolean> {
    if (isWriteAfterReturn) {
      isWriteAfterReturn = false
      const message =
        'A write came after the handler had returned, which ended its stream: await the work in the handler, or pass `keepOpen: true`.'
      report(new SseError('write-after-return', message), 'write')
    }
    return new Promise((resolve) => {
      afterwards(() => resolve(false))
    })
  }

  function reject(error: SseError): Promise<boolean> {
    reported.add(error)
    report(error, 'write')
    const rejected = Promise.reject<boolean>(error)
    // A writer that does not look has heard of it in `onError`.
    rejected.catch(() => {})
    return rejected
  }

  const stream: SseStream = {
    write: (data) => send(() => eventText({ data }), true),
    writeSSE: (frame) => send(() => eventText(frame), true),
    comment: (text = '') => send(() => encodeEvent({ comment: text }), false),
    onAbort: callbacks.add,
    close: (options) => complete(options?.reconnect),
    signal: callbacks.signal,
    closed,
    lastEventId,
  }

  // Before the handler can listen too: whatever it does on the abort, the client was gone first.
  request.signal.addEventListener('abort', outbox.leave)
  return {
    open: (output) => {
      const producer = outbox.open(output)
      if (maxLifetimeMs !== undefined && word === undefined) {
        lifetime = setTimeout(end, maxLifetimeMs, 'expired')
        unref(lifetime)
      }
      try {
        waitUntil?.(closed)
      } catch (error) {
        report(error, 'transport')
      }
      // `then` and not `queueMicrotask`, to which not every runtime hands the async context on (SSE-1).
      void Promise.resolve().then(run)
      return producer
    },
    shutDown: () => end('shutdown'),
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    'then' in value &&
    typeof value.then === 'function'
  )
}
