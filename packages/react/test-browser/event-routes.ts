// Routes that push events, as a server in any language might write them, for the tests that run in the browser.
import type { IncomingMessage, ServerResponse } from 'node:http'

const cors = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'last-event-id, content-type, authorization',
}
const theEnd = 'event: end\nid: sse:end\ndata: {"reason":"complete"}\n\n'

/** What was asked for, by page: `GET cut 2` with the last id. */
const asked = new Map<string, string[]>()
/** Streams that a client still holds, by page. */
const held = new Map<string, Set<ServerResponse>>()

/** Answers `/events/<name>?page=<page>`; gives whether it did. */
export function answerEvents(request: IncomingMessage, response: ServerResponse): boolean {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server')
  const [, folder, name = ''] = pathname.split('/')
  const page = searchParams.get('page') ?? ''
  if (folder !== 'events') return false

  const log = asked.get(page) ?? []
  const open = held.get(page) ?? new Set()
  if (name === 'log') {
    response.writeHead(200, cors).end(JSON.stringify({ asked: log, held: open.size }))
    return true
  }
  if (name === 'drop') {
    // As when a proxy or a network goes: nobody says anything.
    for (const stream of open) stream.destroy()
    response.writeHead(204, cors).end()
    return true
  }
  const lastEventId = request.headers['last-event-id'] ?? searchParams.get('lastEventId') ?? ''
  asked.set(page, [...log, `${request.method} ${name} ${String(lastEventId)}`.trim()])
  if (request.method === 'OPTIONS') {
    response.writeHead(204, cors).end()
    return true
  }

  held.set(page, open.add(response))
  response.once('close', () => open.delete(response))
  response.writeHead(200, { ...cors, 'content-type': 'text/event-stream; charset=utf-8' })
  switch (name) {
    case 'burst': {
      const rows = Array.from({ length: 1_000 }, (_, n) => `event: row\nid: ${n}\ndata: {"n":${n}}\n\n`)
      response.write(rows.join(''))
      break
    }
    case 'cut':
      if (lastEventId === '') response.write('retry: 50\nid: grün 2\ndata: before\n\n')
      else response.end(`data: after ${String(lastEventId)}\n\n${theEnd}`)
      break
    case 'complete':
      response.write('data: {"n":1}\n\nevent: complete\ndata: {"n":2}\n\n')
      break
    case 'echo':
      void echo(request, response)
      break
    default:
      response.write(': nothing to say\n\n')
  }
  return true
}

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = ''
  for await (const piece of request) text += String(piece)
  response.end(`event: ${request.headers['content-type'] ?? ''}\ndata: ${text}\n\n${theEnd}`)
}
