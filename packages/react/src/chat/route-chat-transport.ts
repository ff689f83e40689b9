import { streamFromRoute } from '@crux/core/structured'
import type { ChatRequest, ChatTransport } from './chat-types.ts'

/** How a route is asked for turns. */
export interface RouteChatTransportOptions {
  readonly endpoint: string | URL
  readonly headers?: HeadersInit
  readonly fetch?: typeof globalThis.fetch
  /** What is sent as JSON. Default `{ sessionId, messages, context?, resume? }`. */
  readonly createBody?: (request: ChatRequest) => unknown
}

/** Asks a route that answers with `toSSE`; one POST for a turn (STR-41). */
export function createRouteChatTransport({
  createBody = defaultBody,
  ...route
}: RouteChatTransportOptions): ChatTransport {
  return {
    stream: ({ signal, ...request }) => streamFromRoute({ ...route, body: createBody(request), signal }),
  }
}

function defaultBody({ history: _history, ...body }: ChatRequest): unknown {
  return body
}
