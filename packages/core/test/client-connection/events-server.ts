import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test as base } from 'vitest'

export type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

export interface EventsServer {
  readonly url: string
  /** Every request so far, in order. */
  readonly requests: readonly IncomingMessage[]
  /** Connections that a client still holds. */
  readonly openSockets: () => Promise<number>
}

/** Gives each test its own servers on port 0, closed with their sockets at its end. */
export const test = base.extend<{ serve: (...answers: [Answer, ...Answer[]]) => Promise<EventsServer> }>({
  serve: async ({ task: _task }, provide) => {
    const closers: (() => Promise<void>)[] = []
    await provide(async (...answers) => {
      const requests: IncomingMessage[] = []
      const server = createServer((request, response) => {
        requests.push(request)
        // The last answer serves all further requests.
        void answers[Math.min(requests.length, answers.length) - 1]?.(request, response)
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      closers.push(async () => {
        server.closeAllConnections()
        server.close()
        await once(server, 'close')
      })
      const { port } = server.address() as AddressInfo
      return {
        url: `http://127.0.0.1:${port}/events`,
        requests,
        openSockets: () =>
          new Promise((resolve, reject) => {
            server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
          }),
      }
    })
    await Promise.all(closers.map((close) => close()))
  },
})

/** Answers 200 with these pieces of an event stream; ends the body unless it shall stay `open`. */
export function events(text: string, { open = false } = {}): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    if (open) response.write(text)
    else response.end(text)
  }
}

/** Answers with a bare status. */
export function status(code: number, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(code, headers)
    response.end(code === 204 || code === 205 ? undefined : 'no')
  }
}

/** The terminal frame that stops a client for good. */
export const theEnd = 'event: end\nid: sse:end\ndata: {"reason":"complete"}\n\n'
