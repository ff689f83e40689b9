import { useEffect, useInsertionEffect, useMemo, useState, useSyncExternalStore } from 'react'
import {
  createEventStreamStore,
  defaultKeep,
  type EventStreamHookOptions,
  type EventStreamView,
} from './event-stream-store.ts'
import { newest } from './newest.ts'
import { streamRequestOf } from './stream-request.ts'

/** What `useEventStream` gives. */
export interface EventStreamHook<T = unknown> extends EventStreamView<T> {
  /** `status` is `live`. */
  readonly isConnected: boolean
  /** `error` is not null. */
  readonly isError: boolean
  /** As of an `EventSource`: 0 while connecting and reconnecting, 1 while live, else 2. */
  readonly readyState: 0 | 1 | 2
  /** Ends the stream, with status `idle`, until `reset` or another URL, query, method or body. */
  readonly close: () => void
  /** Forgets data, events, error and last id, and connects anew. */
  readonly reset: () => void
}

/**
 * Follows any event stream (SSE-42 to SSE-48): reconnects where that helps, resumes after the last id, stops where the
 * server says so. `null` asks for nothing. Options may be written inline: only another URL, query, method or body
 * connects anew, with empty state. Renders are batched, one per animation frame while events pour in; `onEvent` hears
 * each event as it arrives. Nothing is fetched on a server. Throws only for a body that cannot be JSON.
 *
 * Text that begins with `{` or `[` is taken as JSON. A stream of text, such as tokens of a model, needs
 * `parse: (text) => text`, since a piece such as `[1]` is JSON too. `T` is not checked: a `parse` that validates does.
 *
 * @example
 * const { data, isConnected } = useEventStream<Price>('/api/price', { query: { symbol } })
 */
export function useEventStream<T = unknown>(
  url: string | URL | null,
  options: EventStreamHookOptions<T> = {},
): EventStreamHook<T> {
  const request = url == null ? null : streamRequestOf(url, options)
  const key = request?.key
  const create = () => ({ key, store: createEventStreamStore(request, options) })
  const [current, setCurrent] = useState(create)
  // React starts this render again, so that what another connection brought is never shown for this one.
  if (current.key !== key) setCurrent(create())
  const { store } = current

  useInsertionEffect(() => store.configure(request, options))
  useEffect(() => store.mount(), [store])
  const view = useSyncExternalStore(store.subscribe, store.getView, store.getView)

  const { keep = defaultKeep } = options
  return useMemo(() => {
    const { status, error } = view
    return {
      ...view,
      events: newest(view.events, keep),
      isConnected: status === 'live',
      isError: error !== null,
      readyState: status === 'live' ? 1 : status === 'connecting' || status === 'reconnecting' ? 0 : 2,
      close: store.close,
      reset: store.reset,
    }
  }, [view, keep, store])
}
