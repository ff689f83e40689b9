import { sseEndId } from '@crux/core/sse'
import { withHeaders, type Refusal } from './error-response.ts'
import { retryFrame } from './retry-frame.ts'

/** After `close()` clients come back after so long. */
const closedRetryMs = 5_000

/** Too many open streams (LIVE-13, SSE-25). */
export const tooManyConnections: Refusal = {
  status: 503,
  code: 'too-many-connections',
  message: 'Too many connections are open. Try again later.',
  headers: { 'retry-after': '5' },
}

/**
 * The answer to a client that comes back although the end of its stream was said: 204, at which every SSE client stops;
 * never cached, since a fresh client must not get it. `undefined` for any other client (SSE-20, LIVE-16).
 */
export function stopAfterEnd(lastEventId: string, added: Headers): Response | undefined {
  if (lastEventId !== sseEndId) return undefined
  return new Response(null, { status: 204, headers: withHeaders(added, { 'cache-control': 'no-store' }) })
}

/** The stream of a handler that was closed: every client comes back, to another instance (SSE-25). */
export function comeBack(streamHeaders: Headers): Response {
  return new Response(retryFrame(closedRetryMs), { headers: streamHeaders })
}
