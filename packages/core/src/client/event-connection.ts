import { createEventParser } from '../sse/event-parser.ts'
import { SseError } from '../sse/sse-error.ts'
import { sseEndId, type SseMessage } from '../sse/sse-message.ts'
import { fullJitterMs, type BackoffOptions } from '../timing/backoff.ts'
import type { ConnectionStatus } from './crux-transport.ts'
import { createIdleWatch, longestTimerMs } from './idle-watch.ts'
import { onWake } from './on-wake.ts'
import { readJsonFields } from './read-json.ts'
import { retryAfterMs } from './retry-after.ts'
import { SseClientError } from './sse-client-error.ts'

/** What a connection needs to know and whom it tells. The callbacks must not throw; any of them may close it. */
export interface EventConnectionOptions {
  /** One attempt. What it does after the signal aborted is ignored. */
  readonly request: (signal: AbortSignal) => Promise<Response>
  /** Whether what can be retried is retried; otherwise it is `failed`. */
  readonly reconnect: boolean
  readonly backoff?: Partial<BackoffOptions> | undefined
  /** A number counts from the start of an attempt; a function is asked at the opening and after each byte; 0 is never. */
  readonly idleTimeoutMs: number | (() => number)
  /** A wake-up replaces an attempt or connection that was silent for longer. Default never. */
  readonly staleAfterMs?: (() => number) | undefined
  /** A 401 is tried once more at once, because the next attempt may have other headers (CLI-2). */
  readonly retryUnauthorized?: boolean | undefined
  /** Names of events that end the connection. */
  readonly until?: readonly string[] | undefined
  /** The id in force when a connection opens. */
  readonly lastEventId: () => string
  /** `reconnecting`, `live` (opened, or a `stream-error` came), `ended` or `failed`, with the reason if there is one. */
  readonly onStatus: (status: ConnectionStatus, error?: SseClientError) => void
  readonly onOpen: (response: Response) => void
  readonly onId?: ((id: string) => void) | undefined
  /** `hasId`: the event has an id of its own, and not only the last one in force. */
  readonly onMessage: (message: SseMessage, hasId: boolean) => void
  readonly onComment?: (() => void) | undefined
}

/** A connection that holds until it is closed, ended or failed. */
export interface EventConnection {
  /** Ends a wait, replaces what was silent for too long, starts again what has ended or failed. */
  readonly retry: () => void
  /** Leaves the body as if it had ended: comes back after the usual wait. */
  readonly reconnect: () => void
  /** Takes the stream as ended for good. */
  readonly end: () => void
  /** Stops without another callback. Idempotent. */
  readonly close: () => void
}

const healthyMs = 10_000
const leastDistanceMs = 1_000
const [leastRetryMs, mostRetryMs] = [50, 600_000]

/**
 * Keeps a connection to an event stream (SSE-37 to SSE-41). Requests leave in a microtask.
 *
 *              ┌────────────── after the wait ──────────────┐
 *              ▼                                            │
 *     ──▶ attempt ──200──▶ open ──end of body, failure──▶ waiting
 *              └─────────────┴──▶ ended, failed
 *
 * An attempt owns an AbortController. To leave it is to abort it, and what of it is still under way sees the abort and
 * stops. So nothing that hangs (a header function, a request, a read) holds up what follows.
 */
export function createEventConnection(options: EventConnectionOptions): EventConnection {
  const { reconnect, idleTimeoutMs, until = [], onStatus } = options
  const backoff = { baseMs: 500, maxMs: 30_000, ...options.backoff }

  let attempt = new AbortController()
  let startedAt = 0
  let openedAt = Infinity
  // By the wall clock, because the other one may stand still while a machine sleeps.
  let heardAt = 0
  let retries = 0
  let serverRetryMs = 0
  let wasUnauthorized = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let dueAt = 0
  let earliestAt = 0
  let stopWaking: (() => void) | undefined
  const idle = createIdleWatch(() => cut(silence()))

  function begin() {
    leave()
    stopWaking ??= onWake(wake)
    attempt = new AbortController()
    startedAt = performance.now()
    openedAt = Infinity
    heardAt = Date.now()
    if (typeof idleTimeoutMs === 'number') idle.touch(idleTimeoutMs)
    const { signal } = attempt
    queueMicrotask(() => {
      if (!signal.aborted) void run(signal)
    })
  }

  /** Leaves the attempt or the wait that is under way. */
  function leave() {
    attempt.abort()
    idle.stop()
    clearTimeout(timer)
    timer = undefined
  }

  function close() {
    leave()
    stopWaking?.()
    stopWaking = undefined
  }

  function finish(status: 'ended' | 'failed', error?: SseClientError) {
    close()
    onStatus(status, error)
  }

  /** What is under way is over, and may be tried again. */
  function cut(error?: SseClientError, pauseMs = 0) {
    if (!reconnect) {
      return finish(
        'failed',
        error ?? new SseClientError('truncated', 'The stream broke off before its end.'),
      )
    }
    leave()
    const now = performance.now()
    if (now - openedAt >= healthyMs) retries = 0
    earliestAt = Math.max(startedAt + leastDistanceMs, now + pauseMs)
    wait(Math.max(serverRetryMs, pauseMs) + fullJitterMs(Math.min(retries++, 30), backoff, Math.random))
    onStatus('reconnecting', error)
  }

  function wait(ms: number) {
    clearTimeout(timer)
    dueAt = performance.now() + ms
    timer = setTimeout(begin, Math.min(ms, longestTimerMs))
  }

  function silence() {
    return new SseClientError('idle-timeout', 'The server sent nothing for too long.')
  }

  function cutIfStale() {
    if (timer === undefined && Date.now() - heardAt > (options.staleAfterMs?.() ?? Infinity)) cut(silence())
  }

  function wake() {
    cutIfStale()
    const ms = Math.max(0, earliestAt - performance.now())
    if (timer !== undefined && performance.now() + ms < dueAt) wait(ms)
  }

  async function run(signal: AbortSignal) {
    try {
      const response = await options.request(signal)
      const { status, headers, body } = response
      const discard = () => void body?.cancel().catch(ignore)
      if (signal.aborted) return discard()

      const isRefused = status === 401 && options.retryUnauthorized === true && !wasUnauthorized
      wasUnauthorized = status === 401
      if (status !== 200) {
        discard()
        if (isRefused) return begin()
        if (status === 204) return finish('ended')
        const error = new SseClientError('http', `The server answered with status ${status}.`, { status })
        return isPassing(status)
          ? cut(error, retryAfterMs(headers.get('retry-after')))
          : finish('failed', error)
      }
      const type = headers.get('content-type') ?? 'nothing'
      if (!/^\s*text\/event-stream\s*(;|$)/i.test(type)) {
        discard()
        return finish(
          'failed',
          new SseClientError(
            'bad-content-type',
            `The server answered with ${type} instead of text/event-stream.`,
          ),
        )
      }

      openedAt = performance.now()
      onStatus('live')
      if (!signal.aborted) options.onOpen(response)
      if (signal.aborted) return discard()
      await read(body, signal)
    } catch (error) {
      if (signal.aborted) return
      if (SseError.is(error, 'event-too-large')) {
        // Asking again would bring the same event.
        finish('failed', new SseClientError('event-too-large', error.message, { cause: error }))
      } else {
        cut(new SseClientError('network', 'The connection failed.', { cause: error }))
      }
    }
  }

  async function read(body: ReadableStream<Uint8Array> | null, signal: AbortSignal) {
    let serverError: SseClientError | undefined
    let isEnd = false
    const feed = createEventParser({
      lastEventId: options.lastEventId(),
      onId: (id) => {
        if (signal.aborted) return
        if (id === sseEndId) isEnd = true
        else options.onId?.(id)
      },
      onComment: () => {
        if (!signal.aborted) options.onComment?.()
      },
      onRetry: (ms) => {
        serverRetryMs = Math.min(Math.max(ms, leastRetryMs), mostRetryMs)
      },
      onMessage: (message, hasId) => {
        if (signal.aborted) return
        if (message.event === 'stream-error') {
          serverError = readServerError(message.data)
          onStatus('live', serverError)
        } else if (!(isEnd && message.event === 'end')) {
          options.onMessage(message, hasId)
        }
        if (signal.aborted) return
        if (isEnd && readJsonFields(message.data).reason === 'error') {
          finish('failed', serverError ?? readServerError(''))
        } else if (isEnd || until.includes(message.event)) {
          finish('ended', serverError)
        }
      },
    })
    const touch = () => idle.touch(typeof idleTimeoutMs === 'number' ? idleTimeoutMs : idleTimeoutMs())

    touch()
    const reader = body?.getReader()
    signal.addEventListener('abort', () => void reader?.cancel().catch(ignore))
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true }
      if (signal.aborted) return
      if (done || !value) return cut(serverError)
      heardAt = Date.now()
      feed(value)
      if (signal.aborted) return
      // An end that came without data, and so as no event.
      if (isEnd) return finish('ended', serverError)
      touch()
    }
  }

  begin()
  return {
    retry() {
      // What listens to no wake-up has ended or failed.
      const isOver = stopWaking === undefined
      if (!isOver) cutIfStale()
      if (isOver || timer !== undefined) begin()
      if (isOver) onStatus('connecting')
    },
    reconnect: () => cut(),
    end: () => finish('ended'),
    close,
  }
}

/** The statuses that a later attempt may not meet again (SSE-37). */
function isPassing(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429
}

function readServerError(data: string): SseClientError {
  const { code, message } = readJsonFields(data)
  return new SseClientError(
    'stream-error',
    typeof message === 'string' ? message : 'The stream failed.',
    typeof code === 'string' ? { serverCode: code } : {},
  )
}

/** A body that cannot be cancelled has failed already. */
function ignore(): void {}
