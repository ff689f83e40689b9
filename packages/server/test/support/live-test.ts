import { inMemoryCruxStore, type CruxStore } from '@crux/core'
import { cruxSSEHandler, type CruxSSEHandler, type CruxSSEHandlerOptions } from '@crux/server'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test as base } from 'vitest'
import { readFrames, type FrameReader } from './read-frames.ts'
import { createWriter } from './writer.ts'

/** A handler over the test's store, and what it reported. */
export type MakeHandler = <Context = undefined>(
  options?: Partial<CruxSSEHandlerOptions<Context>>,
) => CruxSSEHandler & { readonly errors: unknown[] }

interface LiveFixtures {
  readonly store: CruxStore
  readonly write: ReturnType<typeof createWriter>
  readonly makeHandler: MakeHandler
  /** Serves on a free port; gives the address. */
  readonly listen: (listener: RequestListener) => Promise<{ readonly port: number; readonly url: string }>
}

/** Each test has its own store, and its handlers and servers are closed at its end. */
export const test = base.extend<LiveFixtures>({
  store: async ({ task: _task }, provide) => {
    const store = inMemoryCruxStore()
    await provide(store)
    await store.close()
  },
  write: async ({ store }, provide) => provide(createWriter(store)),
  makeHandler: async ({ store }, provide) => {
    const handlers: CruxSSEHandler[] = []
    await provide((options) => {
      const errors: unknown[] = []
      const handler = cruxSSEHandler({ store, onError: (error) => errors.push(error), ...options })
      handlers.push(handler)
      return Object.assign(handler, { errors })
    })
    for (const handler of handlers) handler.close()
  },
  listen: async ({ task: _task }, provide) => {
    const closers: (() => Promise<void>)[] = []
    await provide(async (listener) => {
      const server = createServer(listener).listen(0, '127.0.0.1')
      await once(server, 'listening')
      closers.push(async () => {
        server.closeAllConnections()
        server.close()
        await once(server, 'close')
      })
      const { port } = server.address() as AddressInfo
      return { port, url: `http://127.0.0.1:${port}/live` }
    })
    await Promise.all(closers.map((close) => close()))
  },
})

/** Where tests ask a handler without a server. */
export const liveUrl = 'http://test.invalid/live'

/** Asks a handler for its stream and reads it. */
export async function follow(
  handler: (request: Request) => Promise<Response>,
  { url = liveUrl, ...init }: RequestInit & { url?: string } = {},
): Promise<FrameReader & { readonly response: Response }> {
  const response = await handler(new Request(url, init))
  return { ...readFrames(response.body), response }
}

/** The headers of a client that comes back. */
export function comingFrom(cursor: string | undefined): RequestInit {
  return { headers: { 'last-event-id': cursor ?? '' } }
}
