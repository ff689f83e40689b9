import { inMemoryCruxStore } from '@crux/core'
import { createCruxClient, createStreamTransport } from '@crux/core/client'
import { createCruxStreamWriter, createCruxUIMessageStream, toNodeHandler } from '@crux/server'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { loadSdk, openChat, releases } from '../support/ai-releases.ts'
import { countUses } from '../support/count-uses.ts'
import { createWriter } from '../support/writer.ts'
import { feedable, start, startStep, text, type Chunk } from './chunks.ts'

const until = (expectation: () => void) => vi.waitFor(expectation, { timeout: 5_000, interval: 5 })

/** Serves on a free port; the responses are there to be cut. */
async function serve(handler: (request: Request) => Response) {
  const responses: ServerResponse[] = []
  const listener = toNodeHandler(handler)
  const server = createServer((req, res) => {
    responses.push(res)
    listener(req, res)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/api/chat`, responses }
}

/** A chat whose agent works until it is left. */
async function openEndlessChat(release: (typeof releases)[number], isBare: boolean) {
  const sdk = await loadSdk(release)
  const uses = countUses(inMemoryCruxStore())
  const { store } = uses
  onTestFinished(() => store.close())
  const model = feedable()
  const leaving: AbortSignal[] = []
  const { url, responses } = await serve(({ signal }) => {
    leaving.push(signal)
    const work = () => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    const stream = isBare
      ? sdk.createUIMessageStream({
          execute: async ({ writer }) => {
            const given = writer as {
              write: (chunk: object) => void
              merge: (stream: ReadableStream) => void
            }
            const cruxWriter = createCruxStreamWriter<Chunk>(given, store, { signal })
            cruxWriter.merge(model.stream)
            await work()
            await cruxWriter.close()
          },
        })
      : createCruxUIMessageStream<Chunk>({
          store,
          signal,
          execute: async ({ writer }) => {
            writer.merge(model.stream)
            await work()
          },
        })
    return sdk.createUIMessageStreamResponse({ stream })
  })
  const transport = createStreamTransport()
  const client = createCruxClient({ transport })
  client.subscribe('connection', () => {})
  onTestFinished(() => client.close())
  const chat = openChat(sdk, url, { onData: transport.ingest })
  const sent = chat.sendMessage({ text: 'Go' })
  model.push(start, startStep, ...text())
  await createWriter(store).plan('p1', { title: 'Launch' })
  await until(() => expect(client.getPlan('p1')).toBeDefined())
  await until(() => expect(chat.status).toBe('streaming'))
  expect(uses.open().listeners).toBe(1)
  return { chat, sent, responses, model, leaving, uses, client }
}

describe.each(releases)('AI SDK %s', (release) => {
  for (const isBare of [false, true]) {
    const name = isBare ? 'the bare writer' : 'createCruxUIMessageStream'

    test(`LIVE-34 ${name}: a stop by the user leaves no subscription, and what was shown stays`, async () => {
      const { chat, sent, leaving, uses, model, client } = await openEndlessChat(release, isBare)
      await chat.stop()
      await sent
      expect(chat.status).toBe('ready')
      await until(() => expect(uses.open()).toEqual({ feeds: 0, listeners: 0 }))
      expect(leaving[0]?.aborted).toBe(true)
      await until(() => expect(isBare || model.seen.isCancelled).toBe(true))
      expect(client.getPlan('p1')).toBeDefined()
    })

    test(`LIVE-34 ${name}: a lost connection leaves no subscription, and what was shown stays`, async () => {
      const { sent, responses, uses, model, client } = await openEndlessChat(release, isBare)
      responses[0]?.destroy()
      await sent
      await until(() => expect(uses.open()).toEqual({ feeds: 0, listeners: 0 }))
      await until(() => expect(isBare || model.seen.isCancelled).toBe(true))
      expect(client.getPlan('p1')).toBeDefined()
    })
  }
})
