import { createSSETransport } from '@crux/core/client'
import { encodeEvent } from '@crux/core/sse'
import { describeTransportContract } from '@crux/core/testing'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { vi } from 'vitest'
import { openBrowser } from './browser-tabs.ts'
import { stubPage } from './stub-page.ts'

describeTransportContract('createSSETransport over node:http', () => startServer({}))

describeTransportContract('createSSETransport with pollFallback', () => startServer({ pollFallback: true }))

describeTransportContract('createSSETransport with share, in one tab', async () => {
  stubPage()
  openBrowser().openTab().enter()
  const harness = await startServer({ share: 'user-1' })
  return {
    ...harness,
    close() {
      vi.unstubAllGlobals()
      return harness.close()
    },
  }
})

async function startServer(options: Parameters<typeof createSSETransport>[1]) {
  const parts: unknown[] = []
  const connected = new Set<ServerResponse>()
  let isRefusing = false

  const frame = (index: number, id?: string) =>
    encodeEvent({ event: 'data-crux', data: JSON.stringify(parts[index]), id })
  const sync = (phase: string, id?: string) =>
    encodeEvent({ event: 'crux-sync', data: JSON.stringify({ phase, heartbeatMs: 15_000 }), id })

  const server = createServer((request, response) => {
    if (isRefusing) return response.writeHead(403).end()
    const cursor = request.headers['last-event-id']
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    if (cursor === undefined) response.write(sync('reset'))
    for (let index = Number(cursor ?? 0); index < parts.length; index++) response.write(frame(index))
    response.write(sync('ready', String(parts.length)))
    connected.add(response)
    response.on('close', () => connected.delete(response))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  return {
    transport: createSSETransport(`http://127.0.0.1:${port}/`, { backoff: { baseMs: 1 }, ...options }),
    put(part: unknown) {
      parts.push(part)
      for (const response of connected) response.write(frame(parts.length - 1, String(parts.length)))
    },
    cut: () => server.closeAllConnections(),
    refuse: (refusing: boolean) => void (isRefusing = refusing),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
