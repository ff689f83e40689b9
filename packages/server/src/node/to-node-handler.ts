import { CruxError } from '@crux/core/errors'
import { answers, type Answer, type AnsweringHandler } from '../push/pushed-body.ts'
import { tell } from '../push/tell.ts'
import { toRequest } from './node-request.ts'
import type { NodeRequest, NodeResponse } from './node-types.ts'
import { pipeToNode } from './pipe-to-node.ts'
import { pushToNode } from './push-to-node.ts'

/** A handler as Node calls it; `next` is Express's. */
export type NodeHandler = (req: NodeRequest, res: NodeResponse, next?: (error?: unknown) => void) => void

/**
 * Fits a handler of the fetch kind to `http.createServer`, to the compatibility API of `http2`, and to Express. The
 * handlers of this package are written straight to `res`; of any other the response body is piped, with backpressure.
 *
 * `request.signal` aborts when the client leaves. A handler that rejects goes to `next(error)`; without `next` it is a
 * bare 500, or, once the headers are out, the end of the connection, and `console.error` hears why. A request that
 * cannot be represented is 400. Throws `CruxError` `invalid-value` for what is no function.
 *
 * @example
 * createServer(toNodeHandler(cruxSSEHandler({ store }))).listen(3000)
 * app.get('/events', toNodeHandler(cruxSSEHandler({ store }))) // Express
 */
export function toNodeHandler(
  handler: ((request: Request) => Response | Promise<Response>) & Partial<AnsweringHandler>,
): NodeHandler {
  if (typeof handler !== 'function')
    throw new CruxError(
      'invalid-value',
      'toNodeHandler needs a function that answers requests, such as `app.fetch`.',
    )
  const ours = handler[answers]
  return (req, res, next) => {
    const leaving = new AbortController()
    const onClose = () => {
      if (!res.writableEnded) leaving.abort(clientLeft)
    }
    res.on('close', onClose)
    // Middleware took its time, and the client did not wait.
    if (res.destroyed) onClose()
    // Of a stream of HTTP/2 that the client has closed with the code of no error `close` would not come if it is written to.
    res.stream?.on('aborted', () => res.destroy())
    // Without a listener the error of a socket would end the process; what follows from it comes with `close`.
    res.on('error', () => {})
    const request = toRequest(req, leaving.signal, ours !== undefined)
    if (request === undefined) endBare(res, 400)
    // It handles its own errors.
    else void serve(ours ?? handler, request, res, next)
  }
}

/** One object for all: making an error with its stack is the dearest part of an abort. */
const clientLeft = /* @__PURE__ */ new DOMException('The client has left.', 'AbortError')

async function serve(
  answer: (request: Request) => Answer | Promise<Answer>,
  request: Request,
  res: NodeResponse,
  next: ((error?: unknown) => void) | undefined,
): Promise<void> {
  try {
    const answered = await answer(request)
    if ('open' in answered) pushToNode(res, answered)
    else await pipeToNode(res, answered, request.method === 'HEAD')
  } catch (error) {
    if (next !== undefined && !res.headersSent) return next(error)
    // Who has left is not waiting for an answer, and often the reason for the error.
    if (!res.destroyed) void tell('toNodeHandler', undefined, error, { phase: 'handler' })
    if (res.headersSent) res.destroy()
    else endBare(res, 500)
  }
}

function endBare(res: NodeResponse, status: number): void {
  res.statusCode = status
  res.end()
}
