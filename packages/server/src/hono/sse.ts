import { CruxError } from '@crux/core/errors'
import type { Context, Env, Input } from 'hono'
import { toBody } from '../push/to-response.ts'
import { createSseServer } from '../sse/sse-server.ts'
import type { SseOptions } from '../sse/sse-types.ts'
import type { SseRouteHandler, SseStart } from './sse-start.ts'

/**
 * A route of Hono that streams Server-Sent Events. Middleware runs before it, then `start`, which may be async, answer
 * with a `Response` of its own, or throw to Hono's `onError`; nothing is sent until then. The handler it gives fills the
 * stream and may go on using `c`, whose headers are fixed by then.
 *
 * Headers that middleware has set are kept. A client that comes back after the end of its stream (`sse:end`) gets its
 * 204 without `start`; for HEAD `start` runs and the handler does not. `waitUntil` is by default that of Hono's execution
 * context. `options` are those of `sse` of `@crux/server`; `maxConnections` counts the streams of this one value, and
 * `close` ends them. Throws `CruxError` `invalid-value` for a start that is no function and for options that cannot be
 * (SSE-31 to SSE-33).
 *
 * @example
 * app.get('/clock', requireUser, sse(() => (stream) => {
 *   const timer = setInterval(() => void stream.write({ now: Date.now() }), 1000)
 *   stream.onAbort(() => clearInterval(timer))
 * }))
 */
// oxlint-disable-next-line typescript/no-explicit-any -- Hono's own default: a context of which nothing is known.
export function sse<E extends Env = any, P extends string = any, I extends Input = {}>(
  start: SseStart<E, P, I>,
  options: SseOptions = {},
): SseRouteHandler<E, P, I> {
  if (typeof start !== 'function')
    throw new CruxError('invalid-value', 'A route of events needs a function that gives its handler.')
  const { answerEnded, answer, close, stats } = createSseServer(options)

  async function route(c: Context<E, P, I>): Promise<Response> {
    const request = c.req.raw
    const ended = answerEnded(request)
    if (ended !== undefined) return respond(c, ended)
    const started = await start(c)
    if (typeof started === 'function') {
      const waitUntil = options.waitUntil ?? waitUntilOf(c)
      const answered = answer(request, started, waitUntil)
      if (!('open' in answered)) return respond(c, answered)
      return respond(c, { status: 200, headers: answered.headers, body: toBody(answered, request) })
    }
    if (typeof started === 'object' && started !== null) return started
    throw new CruxError(
      'invalid-value',
      'What begins a route of events gave neither a handler nor a Response.',
    )
  }

  return Object.assign(route, { close, stats })
}

interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly body: ReadableStream<Uint8Array> | null
}

/** A response with the headers that middleware has set, and ours; where there can be only one, ours wins. */
function respond(c: Context, { status, headers, body }: Answered): Response {
  // Hono keeps what is set in several places, which differ with its version: only a response of its own has it all.
  const all = new Headers(c.newResponse(null).headers)
  all.delete('content-type')
  for (const [name, value] of headers) {
    if (name === 'set-cookie' || name === 'vary') all.append(name, value)
    else all.set(name, value)
  }
  // Emptied first: once middleware has touched `c.res`, Hono lets what that has win over what a response brings.
  c.res = undefined
  c.res = new Response(body, { status, headers: all })
  return c.res
}

function waitUntilOf(c: Context): SseOptions['waitUntil'] {
  try {
    const { executionCtx } = c
    return (promise) => executionCtx.waitUntil(promise)
  } catch {
    // There is none, as on Node.
    return undefined
  }
}
