import { CruxError } from '@crux/core/errors'

/** Of these one connection speaks; HTTP/2 forbids them (RFC 9113, section 8.2.2). */
const connectionHeaders = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'content-length',
]

/**
 * The headers of an event stream, with the user's added to them or in their place (SSE-22, LIVE-14); `added` is what
 * `checkAddedHeaders` gave.
 */
export function createStreamHeaders(added: Headers): Headers {
  const headers = new Headers({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  })
  for (const [name, value] of added) {
    if (name === 'set-cookie') headers.append(name, value)
    else headers.set(name, value)
  }
  return headers
}

/**
 * The headers that a user adds to every answer. Throws `invalid-value` for `content-type`, and for those that belong to
 * a single connection.
 */
export function checkAddedHeaders(added: HeadersInit | undefined): Headers {
  const headers = new Headers(added)
  for (const name of ['content-type', ...connectionHeaders]) {
    if (!headers.has(name)) continue
    throw new CruxError(
      'invalid-value',
      `The header "${name}" is not yours to set: leave it out of "headers".`,
    )
  }
  return headers
}
