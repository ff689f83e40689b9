import { createLiveTransport } from './create-live-transport.ts'
import type { CruxTransport } from './crux-transport.ts'
import { followPolls } from './follow-polls.ts'
import { createLiveTarget } from './live-target.ts'
import type { EventRequest } from './request-events.ts'

/** How a live store is polled. */
export interface PollingTransportOptions extends Omit<EventRequest, 'method' | 'body'> {
  /** How long to wait after an answer, in milliseconds; longer if the server asks for it. Default 2,000. */
  readonly intervalMs?: number | undefined
  /**
   * Long polls: the server holds each until something changes, for so many milliseconds at most, up to 25,000, and the
   * next one follows at once. Default: it answers at once.
   */
  readonly waitMs?: number | undefined
  /** Jitter of the waits after a failure, in milliseconds. Default 500, doubling up to 30,000. */
  readonly backoff?: { readonly baseMs?: number; readonly maxMs?: number } | undefined
}

/**
 * Follows a live store by polls of the same URL that streams it, for networks that let no stream through. Tries again,
 * stops and asks for headers as `createSSETransport` does. The first poll leaves at once, there are never two at a
 * time, and a page that is hidden asks for nothing until it is seen again (CLI-6).
 *
 * @example
 * const transport = createPollingTransport('/api/crux', { waitMs: 25_000 })
 */
export function createPollingTransport(
  url: string | URL,
  options: PollingTransportOptions = {},
): CruxTransport {
  return createLiveTransport('polling', (sink) => followPolls(url, options, createLiveTarget(sink)))
}
