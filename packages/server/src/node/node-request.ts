import type { NodeRequest } from './node-types.ts'

/**
 * The `Request` of a request of Node; `undefined` if there can be none: a missing or invalid host, a target that is no
 * URL, a method such as TRACE (SSE-30). What middleware has cut off the target is put back, and a body that middleware
 * has already read is taken from `req.body`.
 *
 * A `Request` follows the signal it is made with, which is most of the cost of making one. With `isPlain` its `signal` is
 * simply the one given; its clones then have none that ever aborts, so that is for handlers that make no clones.
 */
export function toRequest(req: NodeRequest, signal: AbortSignal, isPlain: boolean): Request | undefined {
  const url = urlOf(req)
  if (url === undefined) return undefined
  const { method = 'GET' } = req
  const headers = headersOf(req)
  const hasBody = method !== 'GET' && method !== 'HEAD'
  try {
    // `duplex` is required for streams, and the DOM's types do not know it.
    const init: RequestInit & { duplex: 'half' } = { method, headers, duplex: 'half' }
    if (!isPlain) init.signal = signal
    if (hasBody) init.body = isBodyTaken(req) ? takenBody(req.body, headers) : streamOf(req)
    const request = new Request(url, init)
    return isPlain ? Object.defineProperty(request, 'signal', { value: signal }) : request
  } catch {
    return undefined
  }
}

function urlOf({ originalUrl, url = '/', headers, socket }: NodeRequest): string | undefined {
  const target = originalUrl ?? url
  const host = headers[':authority'] ?? headers['host']
  // Of what may stand before a path, a host has only letters, digits, `-`, `_`, `.`, `~`, `%`, `:` and brackets.
  if (typeof host !== 'string' || !/^[\w.~%:[\]-]+$/.test(host)) return undefined
  const scheme = isEncrypted(socket) ? 'https' : 'http'
  // A target that is a whole URL wins over the host (RFC 9112, section 3.2.2).
  const text = /^https?:\/\//i.test(target)
    ? target
    : target.startsWith('/')
      ? `${scheme}://${host}${target}`
      : ''
  return URL.canParse(text) ? text : undefined
}

function isEncrypted(socket: unknown): boolean {
  return typeof socket === 'object' && socket !== null && 'encrypted' in socket && socket.encrypted === true
}

function headersOf(req: NodeRequest): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(req.headers)) {
    if (name.startsWith(':') || value === undefined) continue
    if (typeof value === 'string') headers.set(name, value)
    else for (const one of value) headers.append(name, one)
  }
  return headers
}

function isBodyTaken({ body, readableDidRead }: NodeRequest): boolean {
  return body !== undefined && readableDidRead === true
}

/** Text and bytes as they are, anything else as JSON. The length and encoding that were sent are no longer true. */
function takenBody(body: unknown, headers: Headers): BodyInit {
  headers.delete('content-length')
  headers.delete('content-encoding')
  if (typeof body === 'string') return body
  // A copy, because the memory may be shared, which a body must not be.
  if (body instanceof Uint8Array) return new Uint8Array(body)
  headers.set('content-type', 'application/json')
  return JSON.stringify(body)
}

function streamOf(req: NodeRequest): ReadableStream<Uint8Array> {
  let finish = () => {}
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        if (req.readableEnded === true) {
          if (req.readableDidRead !== true) controller.close()
          else
            controller.error(new Error('Middleware has read the body, and has left nothing in "req.body".'))
          return
        }
        const onData = (piece: unknown) => {
          // Text if middleware has set an encoding.
          controller.enqueue(piece instanceof Uint8Array ? piece : new TextEncoder().encode(String(piece)))
          req.pause()
        }
        const onEnd = () => {
          finish()
          controller.close()
        }
        const onBroken = () => {
          finish()
          controller.error(new Error('The client left before its request was complete.'))
        }
        finish = () => {
          req.off('data', onData)
          req.off('end', onEnd)
          req.off('close', onBroken)
        }
        req.on('data', onData)
        req.on('end', onEnd)
        req.on('close', onBroken)
        req.pause()
      },
      pull: () => void req.resume(),
      cancel: () => {
        finish()
        // What is left is thrown away, so that the connection can be used again.
        req.resume()
      },
    },
    { highWaterMark: 0 },
  )
}
