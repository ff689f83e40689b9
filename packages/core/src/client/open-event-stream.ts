import { sseEndId, type SseMessage } from '../sse/sse-message.ts'
import type { ConnectionStatus } from './crux-transport.ts'
import type { Connection } from './connection.ts'
import { createEventConnection } from './event-connection.ts'
import { followHeartbeats } from '../timing/follow-heartbeats.ts'
import { readJsonFields } from './read-json.ts'
import { runReported } from '../errors/report-error.ts'
import { requestEvents, type EventRequest } from './request-events.ts'
import { SseClientError } from './sse-client-error.ts'

/** How a stream is asked for, how long it is held and who hears of it. Callbacks that throw are reported as uncaught. */
export interface EventStreamOptions extends EventRequest {
  /** Its abort is `close()`. */
  readonly signal?: AbortSignal | undefined
  /** Where to resume; the server decides what it means. Default: from the start. */
  readonly lastEventId?: string | undefined
  /** `query` sends the last id as `?lastEventId=`, which needs no CORS preflight. Default `header`. */
  readonly lastEventIdIn?: 'header' | 'query' | undefined
  /** Names of events that end the stream, for servers that have no terminal frame. The event is still delivered. */
  readonly until?: readonly string[] | undefined
  /** Default true for GET and false for other methods, since a repeated POST may cost money. */
  readonly reconnect?: boolean | undefined
  /** Jitter of the waits between attempts, in milliseconds. Default 500, doubling up to 30,000. */
  readonly backoff?: { readonly baseMs?: number; readonly maxMs?: number } | undefined
  /**
   * How long the server may send nothing, in milliseconds; 0 is for ever. A number counts from the start of each attempt;
   * a function is asked when the response opens and after each byte. Default: 2.5 times the shortest distance between
   * two comments of the connection, at least 37,500, and no limit before there was one (SSE-41).
   */
  readonly idleTimeoutMs?: number | (() => number) | undefined
  readonly onEvent?: ((message: SseMessage) => void) | undefined
  readonly onOpen?: ((response: Response) => void) | undefined
}

/** How a stream stands; a new object each time something in it changed. */
export interface EventStreamState {
  /** `live` while a response is open; `idle` after `close()`. */
  readonly status: ConnectionStatus
  /** What is wrong, until the next opening. */
  readonly error: SseClientError | null
  /** The last id in force; kept across reconnects. */
  readonly lastEventId: string
}

type FinalStatus = 'idle' | 'ended' | 'failed'

/** An open event stream. */
export interface EventStream {
  readonly getState: () => EventStreamState
  /** Calls `listener` at every change of the state; gives its undo. */
  readonly subscribe: (listener: () => void) => () => void
  /** Ends the stream for good; nothing is delivered after it. Idempotent. */
  readonly close: () => void
  /** Resolves with the final status; never rejects. */
  readonly closed: Promise<FinalStatus>
}

/**
 * Follows an event stream with `fetch`: reconnects where that can help, and stops where it cannot (SSE-36 to SSE-41).
 * The request leaves in a microtask.
 *
 * @example
 * const stream = openEventStream('/exports/7', { onEvent: ({ data }) => addRow(JSON.parse(data)) })
 * if ((await stream.closed) === 'failed') console.error(stream.getState().error)
 */
export function openEventStream(url: string | URL, options: EventStreamOptions = {}): EventStream {
  const heartbeats = followHeartbeats()
  const {
    signal,
    body,
    lastEventId = '',
    lastEventIdIn = 'header',
    until = [],
    backoff,
    onEvent,
    onOpen,
  } = options
  const { method = body == null ? 'GET' : 'POST', idleTimeoutMs = heartbeats.limitMs } = options
  const { reconnect = method.toUpperCase() === 'GET' } = options

  let state: EventStreamState = { status: 'connecting', error: null, lastEventId }
  let connection: Connection | undefined
  let isEnding = false
  const listeners = new Set<{ readonly call: () => void }>()
  let resolveClosed: (status: FinalStatus) => void
  const closed = new Promise<FinalStatus>((resolve) => {
    resolveClosed = resolve
  })

  function update(change: Partial<EventStreamState>) {
    const next = { ...state, ...change }
    if (next.status === state.status && next.error === state.error && next.lastEventId === state.lastEventId)
      return
    state = next
    // A listener may add and remove listeners.
    const heard = [...listeners]
    for (const { call } of heard) runReported(call)
  }

  function settle(status: FinalStatus, error: SseClientError | null) {
    signal?.removeEventListener('abort', close)
    update({ status, error })
    resolveClosed(status)
  }

  function close() {
    if (isFinal(state.status)) return
    connection?.close()
    settle('idle', state.error)
  }

  function onId(id: string) {
    if (id === sseEndId) {
      isEnding = true
      // Usually its event follows in this turn and says why; it may also come without one.
      queueMicrotask(() => end(''))
    } else {
      update({ lastEventId: id })
    }
  }

  function onMessage({ event, data }: SseMessage) {
    // These two tell about the stream and are no events of it.
    if (event === 'stream-error') update({ error: readServerError(data) })
    else if (onEvent && !(isEnding && event === 'end'))
      runReported(() => onEvent({ event, data, id: state.lastEventId }))
    if (isEnding) end(data)
    else if (until.includes(event)) end('')
  }

  function end(data: string) {
    if (isFinal(state.status)) return
    if (readJsonFields(data)['reason'] === 'error') connection?.finish('failed', readServerError(''))
    else connection?.finish('ended')
  }

  if (signal?.aborted) {
    close()
  } else {
    signal?.addEventListener('abort', close)
    connection = createEventConnection({
      request: (attempt) =>
        requestEvents(url, { ...options, method }, state.lastEventId, lastEventIdIn, attempt),
      reconnect,
      backoff,
      idleTimeoutMs,
      onStatus(status, error) {
        // While it is live, an error is what the server said of itself, and the cause of what comes now.
        const cause = (state.status === 'live' ? state.error : null) ?? error ?? null
        if (isFinal(status)) settle(status, cause)
        else update({ status, error: cause })
      },
      onOpen(response) {
        heartbeats.restart()
        update({ status: 'live', error: null })
        if (onOpen && !isFinal(state.status)) runReported(() => onOpen(response))
      },
      onId,
      onComment: heartbeats.beat,
      onMessage,
    })
  }

  return {
    getState: () => state,
    closed,
    close,
    subscribe(listener) {
      const entry = { call: listener }
      listeners.add(entry)
      return () => void listeners.delete(entry)
    },
  }
}

function readServerError(data: string): SseClientError {
  const { code, message } = readJsonFields(data)
  return new SseClientError(
    'stream-error',
    typeof message === 'string' ? message : 'The stream failed.',
    typeof code === 'string' ? { serverCode: code } : {},
  )
}

function isFinal(status: ConnectionStatus): status is FinalStatus {
  return status === 'idle' || status === 'ended' || status === 'failed'
}
