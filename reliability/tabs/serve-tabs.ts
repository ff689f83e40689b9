import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createCrux, inMemoryCruxStore } from '@crux/core'
import { cruxSSEHandler, toNodeHandler } from '@crux/server'
import { bundlePage } from '../../scripts/bundle-page.mjs'

/** An app over HTTP/1.1: a page, its live stream, and a route that has nothing to do with it. */
export async function serveTabs() {
  const [script, ...chunks] = await bundlePage(fileURLToPath(new URL('./tab-client.ts', import.meta.url)))
  const files = new Map([script, ...chunks].map(({ name, code }) => [name, code]))
  const store = inMemoryCruxStore()
  const crux = createCrux({ store })
  await crux.plan({ id: 'p', title: 'Launch' })
  const cursors: (string | undefined)[] = []
  const open = new Set<IncomingMessage>()
  let isRefusing = false
  const handler = cruxSSEHandler({ store, authorize: () => !isRefusing, retryMs: 10 })
  const live = toNodeHandler(handler)

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://server')
    const file = files.get(pathname)
    if (pathname === '/live') {
      cursors.push(request.headers['last-event-id']?.toString())
      open.add(request)
      response.once('close', () => open.delete(request))
      live(request, response)
    } else if (file !== undefined) {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(file)
    } else if (pathname === '/') {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end(`<!doctype html><title>Tab</title><script type="module" src="${script.name}"></script>`)
    } else {
      response.writeHead(200, { 'content-type': 'text/plain' }).end(pathname)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  return {
    // The browser's locks need a secure page, which one of localhost is.
    origin: `http://localhost:${port}`,
    /** The cursor of each request for the stream. */
    cursors,
    open: () => handler.stats().open,
    refuse: (refusing: boolean) => void (isRefusing = refusing),
    /** As when a network goes: nobody says anything. */
    cut: () => {
      for (const request of open) request.destroy()
    },
    /** Writes the next version of the plan. */
    write: () => crux.updatePlan('p', { content: String(Math.random()) }),
    async [Symbol.asyncDispose]() {
      handler.close()
      server.closeAllConnections()
      server.close()
      await store.close()
    },
  }
}
