import type { ChunkSource } from './chunk-source.ts'
import { streamResponse, type StreamResponseOptions } from './stream-response.ts'

/** What goes with the chunks of a route. */
export interface ToSSEOptions extends StreamResponseOptions {
  /** How long a read waits in silence before a comment is sent, in milliseconds; 0 sends none. Default 15,000. */
  readonly heartbeatMs?: number
}

/**
 * The response of a route that streams a turn (STR-32 to STR-35): chunks, `done` if the source left it out and did not
 * fail, `[DONE]`, and comments while a read waits. Throws `invalid-value` for headers that cannot be set. What the source
 * throws goes to `onError`; the client is told fixed words. Authenticate before the source is made.
 *
 * @example
 * export async function POST(request: Request) {
 *   const { messages } = await request.json()
 *   return toSSE(({ signal }) => draft(messages, signal), { signal: request.signal })
 * }
 */
export function toSSE(
  source: ChunkSource,
  { heartbeatMs = 15_000, ...options }: ToSSEOptions = {},
): Response {
  return streamResponse(source, { ...options, heartbeatMs, saysDone: true })
}

/** A response of the chunks and `[DONE]`, and of nothing else (STR-32). Otherwise as `toSSE`. */
export function createStreamResponse(source: ChunkSource, options: StreamResponseOptions = {}): Response {
  return streamResponse(source, { ...options, heartbeatMs: 0, saysDone: false })
}
