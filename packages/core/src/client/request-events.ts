import { withQuery, type QueryInit } from './with-query.ts'

/** How an event stream is asked for. */
export interface EventRequest {
  /** Default `GET`, or `POST` with a body. */
  readonly method?: string | undefined
  /** A function is asked at each attempt and may be async; what it throws counts as a network failure. */
  readonly headers?: HeadersInit | (() => HeadersInit | Promise<HeadersInit>) | undefined
  readonly body?: BodyInit | null | undefined
  /** Added to the URL. */
  readonly query?: QueryInit | undefined
  readonly credentials?: RequestCredentials | undefined
  /** Default the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** One attempt: asks for the events after `lastEventId`, or for all of them if it is `''` (SSE-36). */
export async function requestEvents(
  url: string | URL,
  { method, headers, body, query, credentials, fetch: fetchEvents = fetch }: EventRequest,
  lastEventId: string,
  lastEventIdIn: 'header' | 'query',
  signal: AbortSignal,
): Promise<Response> {
  const sent = new Headers(typeof headers === 'function' ? await headers() : headers)
  sent.set('accept', 'text/event-stream')
  let target = withQuery(url, query)
  if (lastEventId !== '' && lastEventIdIn === 'query') target = withQuery(target, { lastEventId })
  if (lastEventIdIn === 'header' && canBeHeader(lastEventId)) sent.set('last-event-id', asHeader(lastEventId))
  signal.throwIfAborted()
  return fetchEvents(target, { method, headers: sent, body, credentials, cache: 'no-store', signal })
}

/** A foreign server may give ids that a header refuses or trims; resuming elsewhere would be worse than starting over. */
function canBeHeader(id: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what must be found
  return id !== '' && !/[\0-\x08\x0a-\x1f\x7f]|^[\t ]|[\t ]$/.test(id)
}

/** `fetch` takes one character per byte, and the bytes are those of UTF-8, as a native `EventSource` sends them. */
function asHeader(id: string): string {
  let value = ''
  for (const byte of new TextEncoder().encode(id)) value += String.fromCharCode(byte)
  return value
}
