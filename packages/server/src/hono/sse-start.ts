import type { Context, Env, Handler, Input } from 'hono'
import type { SseHandler } from '../sse/sse-types.ts'

/**
 * What is done for a request before there is a response: it gives the handler that fills the stream, or the `Response`
 * that is sent in its place. What it throws is answered by Hono's `onError` (SSE-32).
 */
// oxlint-disable-next-line typescript/no-explicit-any -- Hono's own default: a context of which nothing is known.
export type SseStart<E extends Env = any, P extends string = any, I extends Input = {}> = (
  c: Context<E, P, I>,
) => SseHandler | Response | Promise<SseHandler | Response>

/** A handler of Hono that streams. */
// oxlint-disable-next-line typescript/no-explicit-any -- as above
export type SseRouteHandler<E extends Env = any, P extends string = any, I extends Input = {}> = Handler<
  E,
  P,
  I,
  Promise<Response>
> & {
  /** Ends all its streams and takes no new ones: clients come back, to another instance. Idempotent. */
  readonly close: () => void
  /** How many of its streams are open. */
  readonly stats: () => { readonly open: number }
}
