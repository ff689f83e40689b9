// The servers that are compared. Each answers GET with a stream of events and delivers what is published to every
// open connection. All send the same JSON for the same change.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import { inMemoryCruxStore, type CruxRecord, type CruxStore, type ListPage } from '@crux/core'
import { cruxSSEHandler, toNodeHandler } from '@crux/server'
import { getRequestListener } from '@hono/node-server'
import { createChannel, createSession } from 'better-sse'
import { Hono } from 'hono'
import { streamSSE, type SSEStreamingApi } from 'hono/streaming'

/** Appears once in every change, so that a client can count what it was given. */
export const changeMark = '@@'

export interface Contender {
  readonly listener: RequestListener
  /** Resolves when the change was handed over; delivery may be later. */
  readonly publish: (n: number) => Promise<void>
  /** A connection is open once it has received this text. */
  readonly readyText: string
  /** Only ours have one. */
  readonly store?: CruxStore
}

const plan = (n: number) => ({
  id: `plan-${n}`,
  title: `Plan number ${n}`,
  content: `${changeMark} Read the sources, make an outline, write a first version.`,
  version: 1,
  createdAt: 1_767_225_600_000,
  updatedAt: 1_767_225_600_000,
})

const changeJson = (n: number) =>
  JSON.stringify({ entity: 'plan', key: `plan-${n}`, value: plan(n), event: 'created', revision: 1 })

function raw(): Contender {
  const clients = new Set<ServerResponse>()
  return {
    readyText: ':\n\n',
    listener: (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
      response.write(':\n\n')
      clients.add(response)
      response.on('close', () => clients.delete(response))
    },
    publish: async (n) => {
      const frame = Buffer.from(`event: data-crux\ndata: ${changeJson(n)}\n\n`)
      for (const client of clients) client.write(frame)
    },
  }
}

function betterSse(): Contender {
  const channel = createChannel()
  return {
    readyText: '200 OK',
    listener: async (request, response) => {
      channel.register(await createSession(request, response))
    },
    publish: async (n) => {
      channel.broadcast(JSON.parse(changeJson(n)), 'data-crux')
    },
  }
}

function honoStreamSse(): Contender {
  const clients = new Set<SSEStreamingApi>()
  const app = new Hono().get('/', (c) =>
    streamSSE(c, async (stream) => {
      await stream.write(':\n\n')
      clients.add(stream)
      await new Promise<void>((resolve) => stream.onAbort(resolve))
      clients.delete(stream)
    }),
  )
  return {
    readyText: ':\n\n',
    listener: getRequestListener(app.fetch),
    publish: async (n) => {
      const data = changeJson(n)
      for (const client of clients) void client.writeSSE({ event: 'data-crux', data })
    },
  }
}

/** What a server without a cache does: reads the store and encodes everything for each connection. */
function encodePerConnection(): Contender {
  const store = inMemoryCruxStore()
  return {
    store,
    readyText: '"phase":"ready"',
    listener: async (_request, response) => {
      const records: CruxRecord[] = []
      let page: ListPage = { records: [] }
      do {
        page = await store.list(page.next === undefined ? { limit: 500 } : { limit: 500, after: page.next })
        records.push(...page.records)
      } while (page.next !== undefined)
      const frames = records.map(
        ({ entity, key, value, event, revision }) =>
          `event: data-crux\ndata: ${JSON.stringify({ entity, key, value, event, revision })}\n\n`,
      )
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
      response.write(`${frames.join('')}event: crux-sync\ndata: {"phase":"ready"}\n\n`)
    },
    publish: async () => {},
  }
}

/** Connections name their scope in the address: `/?scope=a:`. */
function crux(listen: (handler: ReturnType<typeof cruxSSEHandler>) => RequestListener): Contender {
  const store = inMemoryCruxStore({ maxRecords: 1_000_000 })
  const handler = cruxSSEHandler({
    store,
    prefix: (request) => new URL(request.url).searchParams.get('scope') ?? '',
  })
  return {
    store,
    readyText: '"phase":"ready"',
    listener: listen(handler),
    publish: async (n) => {
      await store.commit([
        { entity: 'plan', key: `plan-${n}`, value: plan(n), event: 'created', ifRevision: 0 },
      ])
    },
  }
}

/** What an adapter without a fast path does: the body as a Node stream, piped. */
function readableFromWeb(handler: (request: Request) => Promise<Response>): RequestListener {
  return async (request: IncomingMessage, response: ServerResponse) => {
    const abort = new AbortController()
    response.on('close', () => abort.abort())
    const url = `http://${request.headers.host}${request.url}`
    const answer = await handler(new Request(url, { signal: abort.signal }))
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    // The same stream to Node; only the two type declarations differ.
    const body = answer.body as NodeReadableStream | null
    if (body)
      Readable.fromWeb(body)
        .on('error', () => response.destroy())
        .pipe(response)
    else response.end()
  }
}

export const contenders = {
  raw,
  'better-sse': betterSse,
  'hono streamSSE': honoStreamSse,
  'encode per connection': encodePerConnection,
  'crux, fetch on @hono/node-server': () => crux((handler) => getRequestListener(handler)),
  'crux, fetch on Readable.fromWeb': () => crux(readableFromWeb),
  'crux, toNodeHandler': () => crux(toNodeHandler),
} satisfies Record<string, () => Contender>

export type ContenderName = keyof typeof contenders
