// Routes for events, on an origin of their own, for the native EventSource of a browser.
import { createServer } from 'node:http'
import { sse, toNodeHandler, type SseHandler } from '@crux/server'

/** The ids that each client of `?key=` came with. */
const visits = new Map<string, string[]>()
const cors = { 'access-control-allow-origin': '*' }

const keyOf = (url: string) => new URL(url, 'http://server').searchParams.get('key') ?? ''

/** Notes the visit, then runs. */
const counted =
  (handler: SseHandler): SseHandler =>
  (stream, request) => {
    const key = keyOf(request.url)
    visits.set(key, [...(visits.get(key) ?? []), stream.lastEventId])
    return handler(stream, request)
  }

const rows = ['é1', '漢2', '😀3']

const routes: Record<string, ReturnType<typeof toNodeHandler>> = {
  /** Three rows, then the end. */
  '/finite': toNodeHandler(
    sse(
      counted(async (stream) => {
        for (const id of rows) await stream.writeSSE({ event: 'row', id, data: { id } })
        await stream.write('two\nlines')
      }),
      { headers: cors, retryMs: 50 },
    ),
  ),
  /** One row per connection, then the end. */
  '/interrupted': toNodeHandler(
    sse(
      counted(async (stream) => {
        const next = rows[rows.indexOf(stream.lastEventId) + 1]
        if (next === undefined) return
        await stream.writeSSE({ event: 'row', id: next, data: { id: next } })
        stream.close({ reconnect: true })
      }),
      { headers: cors, retryMs: 50 },
    ),
  ),
  /** Fails after one row, and clients come back. */
  '/failing': toNodeHandler(
    sse(
      counted(async (stream) => {
        if (stream.lastEventId === '') {
          await stream.writeSSE({ event: 'row', id: rows[0], data: {} })
          throw new Error('hunter2')
        }
      }),
      { headers: cors, retryMs: 50, reconnectOnError: true, onError: () => {} },
    ),
  ),
}

const server = createServer((req, res) => {
  const { url = '/' } = req
  const route = routes[url.split('?')[0] ?? '']
  if (route !== undefined) return route(req, res)
  res.writeHead(200, { ...cors, 'content-type': 'application/json' })
  res.end(JSON.stringify(visits.get(keyOf(url)) ?? []))
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object' && address !== null) process.send?.(address.port)
})
