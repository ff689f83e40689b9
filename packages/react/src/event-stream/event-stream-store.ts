import {
  createFrameBatch,
  openEventStream,
  SseClientError,
  type ConnectionStatus,
  type EventStream,
  type EventStreamOptions,
  type EventStreamState,
} from '@crux/core/client'
import type { SseMessage } from '@crux/core/sse'
import { newest } from './newest.ts'
import { parseEventData } from './parse-event-data.ts'
import type { StreamRequest, StreamRequestOptions } from './stream-request.ts'

/** One event, its data parsed. */
export interface StreamEvent<T = unknown> {
  /** The name the server gave it, `message` if none. */
  readonly event: string
  readonly data: T
  /** The last id in force, `''` before the first. */
  readonly id: string
}

/**
 * What `useEventStream` may be told. `headers`, `events`, `parse`, `keep` and the callbacks are the latest at any time;
 * the rest is read when a connection is begun: on mount, with a new key and by `reset` (SSE-47).
 */
export interface EventStreamHookOptions<T = unknown>
  extends Omit<EventStreamOptions, 'body' | 'onEvent'>, StreamRequestOptions {
  /** Names of the events to deliver, `message` for those without one. Default all. */
  readonly events?: readonly string[] | undefined
  /**
   * Makes data of text. Default: text that begins with `{` or `[` is JSON if it parses, other text stays a string. What
   * it throws drops that event and becomes the error `parse-failed`.
   */
  readonly parse?: ((text: string, message: SseMessage) => T) | undefined
  /** Hears of every event once, as it arrives, before it is rendered; what it throws is reported as uncaught. */
  readonly onEvent?: ((event: StreamEvent<T>) => void) | undefined
  /** How many of the newest events `events` holds. Default 100; 0 keeps none. */
  readonly keep?: number | undefined
}

/** What was rendered last. */
export interface EventStreamView<T> {
  /** That of the newest event. */
  readonly data: T | undefined
  /** The newest events, oldest first. */
  readonly events: readonly StreamEvent<T>[]
  readonly status: ConnectionStatus
  /** What is wrong, until the next opening; `parse-failed` only until an event is parsed. */
  readonly error: SseClientError | null
  /** The last id in force, that of an event which was not delivered too; kept across reconnects. */
  readonly lastEventId: string
}

/** A stream outside of React, which is told of it once per frame. */
export interface EventStreamStore<T> {
  /** From now on this holds; `null` asks for nothing. */
  readonly configure: (request: StreamRequest | null, options: EventStreamHookOptions<T>) => void
  /** Connects, unless it is over; gives what ends that. Nothing is told after it. */
  readonly mount: () => () => void
  /** Ends the stream until `reset`. */
  readonly close: () => void
  /** Forgets everything and begins again, if mounted. */
  readonly reset: () => void
  /** Until it is mounted that is what a server renders, and a browser first. */
  readonly getView: () => EventStreamView<T>
  readonly subscribe: (listener: () => void) => () => void
}

/** How many events are kept unless said otherwise. */
export const defaultKeep = 100

/** Makes the store of one connection; another key needs another store (SSE-42 to SSE-48). */
export function createEventStreamStore<T>(
  firstRequest: StreamRequest | null,
  firstOptions: EventStreamHookOptions<T>,
): EventStreamStore<T> {
  let request = firstRequest
  let options = firstOptions
  let stream: EventStream | undefined
  let isMounted = false
  let state = initialState()
  let parseError: SseClientError | null = null
  let data: T | undefined
  let events: readonly StreamEvent<T>[] = []
  // Since the last view.
  let arrived: StreamEvent<T>[] = []
  const listeners = new Set<() => void>()
  const batch = createFrameBatch(publish)

  function initialState(): EventStreamState {
    const { lastEventId = '' } = options
    return { status: request ? 'connecting' : 'idle', error: null, lastEventId }
  }

  function takeView(): EventStreamView<T> {
    const { keep = defaultKeep } = options
    if (arrived.length > 0) events = newest([...events, ...arrived], keep)
    arrived = []
    const { status, lastEventId } = state
    return { data, events, status, error: parseError ?? state.error, lastEventId }
  }

  function publish() {
    const next = takeView()
    if (isSame(next, view)) return
    view = next
    for (const listener of listeners) listener()
  }

  function open() {
    if (!request) return
    const { url, method, body, isJson } = request
    const own = openEventStream(url, {
      ...options,
      query: undefined,
      method,
      body,
      lastEventId: state.lastEventId,
      headers: () => latestHeaders(isJson),
      onOpen: (response) => options.onOpen?.(response),
      onEvent: deliver,
    })
    stream = own
    own.subscribe(() => {
      if (stream !== own) return
      follow(own.getState())
      batch.request('soon')
    })
    follow(own.getState())
  }

  async function latestHeaders(isJson: boolean): Promise<Headers> {
    const { headers } = options
    const sent = new Headers(typeof headers === 'function' ? await headers() : headers)
    if (isJson && !sent.has('content-type')) sent.set('content-type', 'application/json')
    return sent
  }

  function follow(next: EventStreamState) {
    const hasOpened = next.status === 'live' && state.status !== 'live'
    if (hasOpened || next.error !== state.error) parseError = null
    state = next
  }

  function deliver(message: SseMessage) {
    const { events: names, onEvent } = options
    const { event: name, id } = message
    if (names && !names.includes(name)) return
    // More may come in this turn, and is part of the same render.
    batch.request('soon')
    let event: StreamEvent<T>
    try {
      event = { event: name, data: parse(message), id }
    } catch (cause) {
      parseError = new SseClientError('parse-failed', `The data of an event "${name}" was not parsed.`, {
        cause,
      })
      return
    }
    parseError = null
    data = event.data
    arrived.push(event)
    onEvent?.(event)
  }

  function parse(message: SseMessage): T {
    const { parse: parseOwn } = options
    // Only the application knows what its server sends.
    return parseOwn ? parseOwn(message.data, message) : (parseEventData(message.data) as T)
  }

  /** Lets go of the connection; what it says of that is not heard. */
  function leave() {
    const left = stream
    stream = undefined
    left?.close()
  }

  let view = takeView()
  return {
    configure(nextRequest, nextOptions) {
      request = nextRequest
      options = nextOptions
    },
    mount() {
      isMounted = true
      if (!isOver(state.status)) open()
      publish()
      return () => {
        isMounted = false
        leave()
        batch.cancel()
      }
    },
    close() {
      if (isOver(state.status)) return
      leave()
      state = { ...state, status: 'idle' }
      publish()
    },
    reset() {
      leave()
      state = initialState()
      parseError = null
      data = undefined
      events = []
      arrived = []
      if (isMounted) open()
      publish()
    },
    getView: () => view,
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

function isOver(status: ConnectionStatus): boolean {
  return status === 'idle' || status === 'ended' || status === 'failed'
}

const viewFields = ['data', 'events', 'status', 'error', 'lastEventId'] as const

function isSame<T>(one: EventStreamView<T>, other: EventStreamView<T>): boolean {
  return viewFields.every((field) => Object.is(one[field], other[field]))
}
