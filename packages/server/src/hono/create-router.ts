import { Hono, type Env, type MiddlewareHandler } from 'hono'
import type { SseOptions } from '../sse/sse-types.ts'
import type { SseRouter } from './sse-route.ts'
import type { SseStart } from './sse-start.ts'
import { sse } from './sse.ts'

/** Options of `createRouter`. */
export interface RouterOptions {
  /** In front of every path. None by default. */
  readonly basePath?: string | undefined
  /**
   * Options of each of its routes of events. Limits such as `maxConnections` count for each route by itself; abort
   * `signal` to end all streams.
   */
  readonly sse?: SseOptions | undefined
}

/**
 * A router of Hono with `sse(path, ...middleware, start)` beside `get` and `post`: the same as
 * `get(path, ...middleware, sse(start, options.sse))`, with what `c` knows worked out. It can be mounted with `route()`.
 * `basePath()` of Hono gives a plain `Hono` without `sse`; use the option (SSE-31, SSE-34).
 *
 * @example
 * const router = createRouter().sse('/exports/:id', requireUser, (c) => async (stream) => {
 *   for await (const row of exportRows(c.req.param('id'), { after: stream.lastEventId, signal: stream.signal })) {
 *     if (!(await stream.writeSSE({ event: 'row', id: row.cursor, data: row }))) return
 *   }
 * })
 */
export function createRouter<E extends Env = {}>({
  basePath,
  sse: options,
}: RouterOptions = {}): SseRouter<E> {
  const app = new Hono<E>()
  const router = Object.assign(basePath === undefined ? app : app.basePath(basePath), {
    sse: (path: string, ...handlers: [...MiddlewareHandler[], SseStart]) => {
      // The type of the list says which is which, but not of what is taken from its ends.
      const start = handlers.at(-1) as SseStart
      const middleware = handlers.slice(0, -1) as MiddlewareHandler[]
      router.on('GET', [path], ...middleware, sse(start, options))
      return router
    },
  })
  return router
}
