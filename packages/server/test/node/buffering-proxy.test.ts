import { createCruxClient, createSSETransport } from '@crux/core/client'
import { toNodeHandler } from '@crux/server'
import { request as ask, type IncomingMessage, type ServerResponse } from 'node:http'
import { afterEach, beforeEach, expect, onTestFinished, vi } from 'vitest'
import { test } from '../support/live-test.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => void vi.useRealTimers())

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

/** Waits for the network, while the clock that the client sees stands still. */
async function until(condition: () => boolean) {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

/** Passes requests on; holds the bytes of an answer back until it has ended, unless it is told to pass them on too. */
function bufferingProxy(port: number) {
  const seen: string[] = []
  let isBuffering = true
  return {
    seen,
    setBuffering: (next: boolean) => void (isBuffering = next),
    listener: (request: IncomingMessage, response: ServerResponse) => {
      seen.push(request.headers.accept ?? '')
      const passed = ask({ port, path: request.url, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers)
        response.flushHeaders()
        if (!isBuffering) return void answer.pipe(response)
        const pieces: Buffer[] = []
        answer.on('data', (piece: Buffer) => pieces.push(piece))
        answer.on('end', () => response.end(Buffer.concat(pieces)))
      })
      passed.on('error', () => response.destroy())
      response.on('close', () => passed.destroy())
      passed.end()
    },
  }
}

test('CLI-5 a page behind a proxy that buffers gets everything by polls, and by the stream once it lets it through', async ({
  makeHandler,
  listen,
  write,
}) => {
  await write.plan('p')
  const handler = makeHandler()
  const { port } = await listen(toNodeHandler(handler))
  const proxy = bufferingProxy(port)
  const { url } = await listen(proxy.listener)
  const counts = { streams: 0, polls: 0 }
  const transport = createSSETransport(url, {
    pollFallback: true,
    async fetch(...args) {
      const response = await fetch(...args)
      const isPoll = response.headers.get('content-type') === 'application/json'
      // Read to its end, so that a poll that is counted needs no more of the network.
      const passed = isPoll ? new Response(await response.text(), response) : response
      counts[isPoll ? 'polls' : 'streams'] += 1
      return passed
    },
  })
  const client = createCruxClient({ transport })
  onTestFinished(() => client.close())
  client.subscribe('connection', () => {})
  const isShown = (title: string) => () => client.getPlan('p')?.title === title

  await until(() => counts.streams === 1)
  await pass(9_999)
  expect(client.getConnection().status).toBe('connecting')
  await pass(1)
  await until(isShown('Launch the site'))
  expect(client.getConnection().status).toBe('live')
  const pollsBegan = client.getConnection().lastSyncedAt

  await write.plan('p', { title: 'Polled' })
  await pass(2_000)
  await until(isShown('Polled'))

  proxy.setBuffering(false)
  while (counts.streams === 1) {
    const { polls } = counts
    await pass(2_000)
    await until(() => counts.polls > polls || counts.streams === 2)
  }
  // No poll says ready while all is well, so this is the stream.
  await until(() => client.getConnection().lastSyncedAt !== pollsBegan)
  await write.plan('p', { title: 'Streamed' })
  await until(isShown('Streamed'))
  const before = proxy.seen.length
  await pass(10_000)
  expect(proxy.seen).toHaveLength(before)
  expect([client.getConnection().status, handler.stats()]).toEqual(['live', { open: 1 }])
})
