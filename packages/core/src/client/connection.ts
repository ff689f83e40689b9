import { SseError } from '../sse/sse-error.ts'
import { createAlarm } from '../timing/alarm.ts'
import { fullJitterMs, type BackoffOptions } from '../timing/backoff.ts'
import { onWake } from './on-wake.ts'
import { retryAfterMs } from './retry-after.ts'
import { SseClientError } from './sse-client-error.ts'

/** What a connection needs to know and whom it tells. The callbacks must not throw; any of them may end or close it. */
export interface ConnectionOptions {
  /** One attempt. What it does after the signal aborted is ignored. */
  readonly request: (signal: AbortSignal) => Promise<Response>
  /** What an answer has to be, such as `text/event-stream`. */
  readonly mediaType: string
  /** Whether what can be tried again is tried again; otherwise it is `failed`. Default true. */
  readonly reconnect?: boolean | undefined
  readonly backoff?: Partial<BackoffOptions> | undefined
  /** A number counts from the start of an attempt; a function is asked at the opening and after each byte; 0 is never. */
  readonly idleTimeoutMs: number | (() => number)
  /** A wake-up replaces an attempt or connection that was silent for longer. Default never. */
  readonly staleAfterMs?: (() => number) | undefined
  /** A 401 is tried once more at once, because the next attempt may have other headers (CLI-2). */
  readonly retryUnauthorized?: boolean | undefined
  /** Where false, the end of a wait is the next wake-up. Default always true. */
  readonly mayGoOn?: (() => boolean) | undefined
  readonly onStatus: (
    status: 'connecting' | 'reconnecting' | 'ended' | 'failed',
    error?: SseClientError,
  ) => void
  /** An answer opened: gives who reads its body. */
  readonly open: (response: Response, signal: AbortSignal) => BodyReader
}

/** Reads one body. Not called any more once the attempt was left. */
export interface BodyReader {
  /** Throws `SseError` `event-too-large` at what no attempt will bring; anything else is a network failure. */
  readonly push: (bytes: Uint8Array) => void
  /** Has to go on: `reconnect`, `repeat`, `finish` or `close`. */
  readonly end: () => void
}

/** A connection that holds until it is closed, ended or failed. */
export interface Connection {
  /** Ends a wait, replaces what was silent for too long, starts again what has ended or failed. */
  readonly retry: () => void
  /** The page is looked at again: replaces what was silent for too long, and ends a wait that need not be. */
  readonly wake: () => void
  /** Leaves what is under way and comes back after the usual wait. */
  readonly reconnect: (error?: SseClientError) => void
  /** Asks again in so many milliseconds, because all is well; a wake-up may do so from `leastMs` on. */
  readonly repeat: (ms: number, leastMs: number) => void
  /** How long the server wants to be left alone after a failure, in milliseconds (SSE-39). */
  readonly setRetryMs: (ms: number) => void
  /** Stops for good and says so. */
  readonly finish: (status: 'ended' | 'failed', error?: SseClientError) => void
  /** Stops without another callback. Idempotent. */
  readonly close: () => void
}

const healthyMs = 10_000
const leastDistanceMs = 1_000

/**
 * Keeps a connection to a server (SSE-37 to SSE-41), however its answers are read. Requests leave in a microtask.
 *
 *              ┌────────── after the wait, or repeated ─────┐
 *              ▼                                            │
 *     ──▶ attempt ──200──▶ open ──end of body, failure──▶ waiting
 *              └─────────────┴──▶ ended, failed
 *
 * An attempt owns an AbortController. To leave it is to abort it, and what of it is still under way sees the abort and
 * stops. So nothing that hangs (a header function, a request, a read) holds up what follows.
 */
export function createConnection(options: ConnectionOptions): Connection {
  const { idleTimeoutMs, staleAfterMs, onStatus } = options
  const backoff = { baseMs: 500, maxMs: 30_000, ...options.backoff }
  const isOpening = new RegExp(`^\\s*${options.mediaType}\\s*(;|$)`, 'i')
  // Rings at the end of a wait, and else when it was silent for too long.
  const alarm = createAlarm()

  let attempt = new AbortController()
  let isWaiting = false
  let startedAt = 0
  /** Since when all went well. */
  let openedAt = Infinity
  // By the wall clock, because the other one may stand still while a machine sleeps.
  let heardAt = 0
  let earliestAt = 0
  let retries = 0
  let serverRetryMs = 0
  let wasUnauthorized = false
  let stopWaking: (() => void) | undefined

  function begin() {
    leave()
    stopWaking ??= onWake(wake)
    startedAt = performance.now()
    heardAt = Date.now()
    attempt = new AbortController()
    const { signal } = attempt
    if (typeof idleTimeoutMs === 'number') expectByte()
    queueMicrotask(() => {
      if (!signal.aborted) void run(signal)
    })
  }

  /** Leaves the attempt or the wait that is under way. */
  function leave() {
    attempt.abort()
    alarm.set(Infinity, begin)
    isWaiting = false
  }

  function close() {
    leave()
    stopWaking?.()
    stopWaking = undefined
  }

  function finish(status: 'ended' | 'failed', error?: SseClientError) {
    close()
    openedAt = Infinity
    onStatus(status, error)
  }

  function wait(ms: number, leastMs: number) {
    leave()
    isWaiting = true
    earliestAt = Math.max(startedAt + leastDistanceMs, performance.now() + leastMs)
    alarm.set(ms, goOn)
  }

  function goOn() {
    if (options.mayGoOn?.() ?? true) begin()
  }

  function reconnect(error?: SseClientError, pauseMs = 0) {
    if (options.reconnect === false)
      return finish('failed', error ?? new SseClientError('truncated', 'The stream broke off.'))
    if (performance.now() - openedAt >= healthyMs) retries = 0
    openedAt = Infinity
    const jitterMs = fullJitterMs(Math.min(retries++, 30), backoff, Math.random)
    wait(Math.max(serverRetryMs, pauseMs) + jitterMs, pauseMs)
    onStatus('reconnecting', error)
  }

  function onSilence() {
    reconnect(new SseClientError('idle-timeout', 'The server went silent.'))
  }

  function expectByte() {
    const ms = typeof idleTimeoutMs === 'number' ? idleTimeoutMs : idleTimeoutMs()
    alarm.set(ms > 0 ? ms : Infinity, onSilence)
  }

  function replaceIfStale() {
    if (!isWaiting && staleAfterMs && Date.now() - heardAt > staleAfterMs()) onSilence()
  }

  function wake() {
    replaceIfStale()
    const ms = Math.max(0, earliestAt - performance.now())
    if (isWaiting && ms < alarm.leftMs()) alarm.set(ms, goOn)
  }

  async function run(signal: AbortSignal) {
    try {
      const response = await options.request(signal)
      const { status, headers, body } = response
      const discard = () => void body?.cancel().catch(ignore)
      if (signal.aborted) return discard()

      const isRefreshable = options.retryUnauthorized && !wasUnauthorized
      wasUnauthorized = status === 401
      const type = headers.get('content-type') ?? ''
      if (status !== 200 || !isOpening.test(type)) {
        discard()
        if (status === 204) return finish('ended')
        if (status === 200)
          return finish(
            'failed',
            new SseClientError(
              'bad-content-type',
              `The server answered with ${type || 'no media type'} instead of ${options.mediaType}.`,
            ),
          )
        if (wasUnauthorized && isRefreshable) return begin()
        const error = new SseClientError('http', `The server answered ${status}.`, { status })
        return isPassing(status)
          ? reconnect(error, retryAfterMs(headers.get('retry-after')))
          : finish('failed', error)
      }

      openedAt = Math.min(openedAt, performance.now())
      const reading = options.open(response, signal)
      if (signal.aborted) return discard()
      await read(body, reading, signal)
    } catch (error) {
      if (signal.aborted) return
      // Asking again would bring the same event.
      if (SseError.is(error, 'event-too-large'))
        finish('failed', new SseClientError(error.code, error.message))
      else reconnect(new SseClientError('network', 'The connection failed.', { cause: error }))
    }
  }

  async function read(body: ReadableStream<Uint8Array> | null, reading: BodyReader, signal: AbortSignal) {
    expectByte()
    const reader = body?.getReader()
    signal.addEventListener('abort', () => void reader?.cancel().catch(ignore))
    while (!signal.aborted) {
      const { done = true, value } = (await reader?.read()) ?? {}
      if (signal.aborted) return
      if (done || !value) return reading.end()
      heardAt = Date.now()
      reading.push(value)
      if (!signal.aborted) expectByte()
    }
  }

  begin()
  return {
    retry() {
      // What listens to no wake-up has ended or failed.
      const isOver = stopWaking === undefined
      if (!isOver) replaceIfStale()
      if (isOver || isWaiting) begin()
      if (isOver) onStatus('connecting')
    },
    wake,
    reconnect,
    repeat: wait,
    setRetryMs(ms) {
      serverRetryMs = Math.min(Math.max(ms, 50), 600_000)
    },
    finish,
    close,
  }
}

/** The statuses that a later attempt may not meet again (SSE-37). */
function isPassing(status: number): boolean {
  return status >= 500 || [408, 425, 429].includes(status)
}

/** A body that cannot be cancelled has failed already. */
function ignore(): void {}
