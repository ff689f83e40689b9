import { createPollingTransport } from '@crux/core/client'
import { describeTransportContract } from '@crux/core/testing'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe } from 'vitest'

describe('CLI-6', () => {
  describeTransportContract('createPollingTransport over node:http', () => startServer({ intervalMs: 10 }))
  describeTransportContract('createPollingTransport with long polls', () => startServer({ waitMs: 25_000 }))
})

async function startServer(options: Parameters<typeof createPollingTransport>[1]) {
  const parts: unknown[] = []
  const held = new Map<ServerResponse, number>()
  let isRefusing = false
  let isCutting = false

  function answer(response: ServerResponse, after: number | undefined) {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify({
        cursor: String(parts.length + 1),
        reset: after === undefined,
        changes: parts.slice(Math.max(0, (after ?? 0) - 1)),
        retryAfterMs: 0,
      }),
    )
  }

  const server = createServer((request, response) => {
    if (isRefusing) return response.writeHead(403).end()
    if (isCutting) {
      isCutting = false
      return response.destroy()
    }
    const { searchParams } = new URL(request.url ?? '', 'http://server')
    const after = searchParams.has('after') ? Number(searchParams.get('after')) : undefined
    if (after === parts.length + 1 && searchParams.has('wait')) held.set(response, after)
    else answer(response, after)
    response.on('close', () => held.delete(response))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  return {
    transport: createPollingTransport(`http://127.0.0.1:${port}/`, { backoff: { baseMs: 1 }, ...options }),
    put(part: unknown) {
      parts.push(part)
      for (const [response, after] of held) answer(response, after)
      held.clear()
    },
    cut() {
      // A poll that is held breaks off; between polls it is the next one that meets the fault.
      isCutting = held.size === 0
      server.closeAllConnections()
    },
    refuse: (refusing: boolean) => void (isRefusing = refusing),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
