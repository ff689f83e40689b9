import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  sse,
  type SseErrorPhase,
  type SseHandler,
  type SseOptions,
  type SseRoute,
  type SseStream,
} from '@crux/server'
import { vi } from 'vitest'
import { test as base } from './live-test.ts'

/** A route, and what it reported. */
export interface ReportingRoute extends SseRoute {
  readonly errors: { readonly error: unknown; readonly phase: SseErrorPhase; readonly request: Request }[]
}

/** Makes a route that is closed at the end of the test. */
export type MakeSse = (handler: SseHandler, options?: SseOptions) => ReportingRoute

/** As the tests of the live handler have it, with routes for events. */
export const test = base.extend<{ readonly makeSse: MakeSse }>({
  makeSse: async ({ task: _task }, provide) => {
    const routes: SseRoute[] = []
    await provide((handler, options) => {
      const errors: ReportingRoute['errors'] = []
      const route = sse(handler, { onError: (error, info) => errors.push({ error, ...info }), ...options })
      routes.push(route)
      return Object.assign(route, { errors })
    })
    for (const route of routes) route.close()
  },
})

/** Where tests ask a route without a server. */
export const eventsUrl = 'http://test.invalid/events'

/** A body as it comes, and what one may wait for. */
export interface TextReader {
  readonly text: () => string
  /** How many pieces it came in. */
  readonly pieces: () => number
  readonly isEnded: () => boolean
  /** How it failed, if it did. */
  readonly failure: () => unknown
  /** Waits until there is this text. */
  readonly until: (text: string) => Promise<void>
  /** Waits for the end; gives everything. */
  readonly untilEnd: () => Promise<string>
  readonly cancel: () => Promise<void>
}

/** Reads a body on and on. */
export function readText(body: ReadableStream<Uint8Array> | null): TextReader {
  if (body === null) throw new Error('There is no body.')
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let pieces = 0
  let isEnded = false
  let failure: unknown
  const run = async () => {
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        pieces++
        text += decoder.decode(value, { stream: true })
      }
    } catch (error) {
      failure = error
    }
    isEnded = true
  }
  void run()
  const wait = (isDone: () => boolean, what: string) =>
    vi.waitUntil(isDone, { timeout: 20_000, interval: 2 }).then(
      () => {},
      () => Promise.reject(new Error(`${what} has not come; there is only:\n${text}`)),
    )
  return {
    text: () => text,
    pieces: () => pieces,
    isEnded: () => isEnded,
    failure: () => failure,
    until: (wanted) => wait(() => text.includes(wanted), JSON.stringify(wanted)),
    untilEnd: async () => {
      await wait(() => isEnded, 'The end')
      return text
    },
    cancel: () => reader.cancel(),
  }
}

/** Asks a route for its stream and reads it. */
export function read(route: (request: Request) => Response, init?: RequestInit): TextReader {
  return readText(route(new Request(eventsUrl, init)).body)
}

/** The whole body of a stream that ends by itself. */
export function readAll(route: (request: Request) => Response, init?: RequestInit): Promise<string> {
  return route(new Request(eventsUrl, init)).text()
}

/** The end as it is said to clients. */
export const said = (reason: 'complete' | 'error') =>
  `event: end\nid: sse:end\ndata: {"reason":"${reason}"}\n\n`

/** A stream as a handler got it, once it has. */
export function takeStream(): { readonly handler: SseHandler; readonly stream: Promise<SseStream> } {
  let resolve = (_stream: SseStream) => {}
  const stream = new Promise<SseStream>((give) => {
    resolve = give
  })
  return { handler: (given) => resolve(given), stream }
}

/** Collects what can be collected. */
export const collectGarbage: () => void = (() => {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
})()

/** Lets everything run that is ready to. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
