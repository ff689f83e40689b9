import { CruxError } from '@crux/core/errors'
import { answers, type AnsweringHandler } from '../push/pushed-body.ts'
import { toResponse } from '../push/to-response.ts'
import { createSseServer, type SseServer } from './sse-server.ts'
import type { SseHandler, SseOptions } from './sse-types.ts'

/** What `sse` gives: a route handler with a life of its own. */
export interface SseRoute extends AnsweringHandler, Pick<SseServer, 'close' | 'stats'> {
  (request: Request): Response
}

/**
 * A route that pushes events, for every server that takes `(request: Request) => Response`; on Node wrap it in
 * `toNodeHandler`. The response is returned at once, with status 200, and the handler starts in a microtask afterwards,
 * so whoever is to be refused must be refused before (SSE-1).
 *
 * A plain function stays open until the client leaves or `close()`; an async one is complete when its promise fulfils,
 * unless it has sent no event and waits for the abort with `onAbort` (SSE-5). A client then hears the end and does not
 * come back; a lost connection comes back with the id of the last event, `stream.lastEventId`. Throws `CruxError`
 * `invalid-value` for a handler that is no function, a number out of range and headers that are not yours to set.
 *
 * @example
 * export const GET = sse(async (stream, request) => {
 *   for await (const row of exportRows({ after: stream.lastEventId, signal: stream.signal })) {
 *     if (!(await stream.writeSSE({ event: 'row', id: row.cursor, data: row }))) return
 *   }
 * })
 */
export function sse(handler: SseHandler, options?: SseOptions): SseRoute {
  if (typeof handler !== 'function')
    throw new CruxError('invalid-value', 'A route of events needs a function that fills its streams.')
  const server = createSseServer(options)
  const answer = (request: Request) => server.answer(request, handler)
  const handle = (request: Request): Response => {
    const answered = answer(request)
    return 'open' in answered ? toResponse(answered, request) : answered
  }
  return Object.assign(handle, { [answers]: answer, close: server.close, stats: server.stats })
}
