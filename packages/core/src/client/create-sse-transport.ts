import { createLiveTransport, followOnceLoaded } from './create-live-transport.ts'
import type { CruxTransport } from './crux-transport.ts'
import { followEvents } from './follow-events.ts'
import { createLiveTarget } from './live-target.ts'
import type { EventRequest } from './request-events.ts'

/** How a live store is reached. */
export interface SSETransportOptions extends Omit<EventRequest, 'method' | 'body'> {
  /** Jitter of the waits between attempts, in milliseconds. Default 500, doubling up to 30,000. */
  readonly backoff?: { readonly baseMs?: number; readonly maxMs?: number } | undefined
  /**
   * How long the server may send nothing, in milliseconds, from the start of an attempt on: 100 to 600,000, or 0 for
   * ever. Default: from the opening on 2.5 times the heartbeat that the server tells, 37,500 until it did.
   */
  readonly idleTimeoutMs?: number | undefined
  /**
   * One connection for all tabs of a browser that have the same URL, query and `share`: the id of the user or session
   * that is asking, or `true` where a cookie says who it is. One tab holds the connection, and another goes on where it
   * was when that one is closed. Needs a secure page, a browser with Web Locks, and no `headers` beside `true`; without a
   * page, and where the browser lacks something, each connects by itself. Default none (CLI-4).
   */
  readonly share?: string | boolean | undefined
  /**
   * Poll the same URL while something between page and server holds a stream back: if it opened and nothing was complete
   * within 10 s. A stream is tried every 60 s and ends the polling. Loads a further piece of code. Default false (CLI-5).
   */
  readonly pollFallback?: boolean | undefined
}

/**
 * Follows a live store over Server-Sent Events, as `cruxSSEHandler` serves it. Reconnects from where it was; stops as
 * `failed` where that cannot help, and as `ended` when the server says so. With `headers` as a function a 401 is tried
 * once more with its new result (CLI-1 to CLI-3).
 *
 * The cursor goes as a header to the page's own origin and in the query to another one, where a header would cost a
 * preflight. Each `connect` starts with a snapshot.
 *
 * @example
 * const transport = createSSETransport('/api/crux', { headers: async () => ({ authorization: await token() }) })
 */
export function createSSETransport(url: string | URL, options: SSETransportOptions = {}): CruxTransport {
  const { headers, share, pollFallback } = options
  if (share === true && headers !== undefined)
    throw new TypeError(
      'With `headers`, `share` has to say who is asking: give it the id of the user or session.',
    )
  return createLiveTransport('sse', (sink) => {
    const target = createLiveTarget(sink)
    const follow = () => followEvents(url, options, target)
    if (!share && !pollFallback) return follow()
    const loading = import('./follow-as-asked.ts')
    return followOnceLoaded(
      loading.then(
        ({ followAsAsked }) =>
          () =>
            followAsAsked(url, options, target),
      ),
      follow,
    )
  })
}
