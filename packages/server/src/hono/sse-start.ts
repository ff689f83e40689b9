import type { Context, Env, Handler, Input } from 'hono'
import type { SseServer } from '../sse/sse-server.ts'
import type { SseHandler } from '../sse/sse-types.ts'

/**
 * What is done for a request before there is a response: it gives the handler that fills the stream, or the `Response`
 * that is sent in its place. What it throws is answered by Hono's `onError` (SSE-32).
 */
// oxlint-disable-next-line typescript/no-explicit-any -- Hono's own default: a context of which nothing is known.
export type SseStart<E extends Env = any, P extends string = any, I extends Input = {}> = (
  c: Context<E, P, I>,
) => SseHandler | Response | Promise<SseHandler | Response>

/** A handler of Hono that streams. `close` and `stats` are those of its own streams. */
// oxlint-disable-next-line typescript/no-explicit-any -- as above
export type SseRouteHandler<E extends Env = any, P extends string = any, I extends Input = {}> = Handler<
  E,
  P,
  I,
  Promise<Response>
> &
  Pick<SseServer, 'close' | 'stats'>
