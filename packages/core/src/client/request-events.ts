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
export function requestEvents(
  url: string | URL,
  request: EventRequest,
  lastEventId: string,
  lastEventIdIn: 'header' | 'query',
  signal: AbortSignal,
): Promise<Response> {
  const added: Record<string, string> = { accept: 'text/event-stream' }
  if (lastEventIdIn === 'header' && canBeHeader(lastEventId)) added['last-event-id'] = asHeader(lastEventId)
  const query = lastEventIdIn === 'query' && lastEventId !== '' ? { lastEventId } : {}
  return sendRequest(url, request, added, query, signal)
}

/** Sends a request with headers and query parameters added, which win over its own. */
export async function sendRequest(
  url: string | URL,
  { method, headers, body, query, credentials, fetch: send = fetch }: EventRequest,
  addedHeaders: Readonly<Record<string, string>>,
  addedQuery: QueryInit,
  signal: AbortSignal,
): Promise<Response> {
  const sent = new Headers(typeof headers === 'function' ? await headers() : headers)
  for (const [name, value] of Object.entries(addedHeaders)) sent.set(name, value)
  const target = withQuery(withQuery(url, query), addedQuery)
  signal.throwIfAborted()
  return send(target, { method, headers: sent, body, credentials, cache: 'no-store', signal })
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
