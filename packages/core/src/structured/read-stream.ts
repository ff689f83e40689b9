import { isObject } from '../json/is-object.ts'
import { parseEventStream } from '../sse/parse-event-stream.ts'
import { SseError } from '../sse/sse-error.ts'
import { chunkProblem } from './chunk-problem.ts'
import type { Chunk, ErrorChunk } from './stream-chunk.ts'
import { StreamError } from './stream-error.ts'

/** How a turn ended: it succeeded, it said that it failed, its reader had enough, or it was aborted. */
export type StreamEnd = 'done' | 'failed' | 'stopped' | 'aborted'

/** How a body is read. */
export interface ReadStreamOptions {
  /** Its abort ends the reading with `aborted`. */
  readonly signal?: AbortSignal
  /** Most characters of one chunk's JSON. Default 1,048,576. */
  readonly maxEventLength?: number
}

/**
 * The chunks of a response body (STR-38 to STR-40, STR-42). Ends at `done` or `[DONE]`, and then cancels the body. What is
 * no chunk becomes an `error` chunk with code `invalid-chunk`, and reading goes on. Throws `StreamError` `no-body`,
 * `truncated`, `event-too-large` or `network`, after every whole chunk was given out.
 *
 * @example
 * const { body } = await fetch('/api/mail', { method: 'POST' })
 * for await (const chunk of readStream(body)) show(chunk)
 */
export function readStream(
  body: ReadableStream<Uint8Array> | null,
  options: ReadStreamOptions = {},
): AsyncGenerator<Chunk, StreamEnd> {
  return readChunks(body, options)
}

/** `readStream` for those who also watch for heartbeats. */
export async function* readChunks(
  body: ReadableStream<Uint8Array> | null,
  { signal, maxEventLength, onComment }: ReadStreamOptions & { readonly onComment?: () => void },
): AsyncGenerator<Chunk, StreamEnd> {
  if (!body) throw new StreamError('no-body', 'The response has no body to read.')
  let hasFailed = false
  try {
    for await (const { data } of parseEventStream(body, { signal, maxEventLength, onComment })) {
      if (data === '[DONE]') return hasFailed ? 'failed' : 'done'
      const chunk = readChunk(data)
      hasFailed ||= isTurnFailure(chunk)
      yield chunk
      if (chunk.type === 'done') return 'done'
    }
  } catch (error) {
    if (signal?.aborted) return 'aborted'
    if (SseError.is(error, 'event-too-large'))
      throw new StreamError(error.code, error.message, { cause: error })
    throw new StreamError('network', 'The stream broke off.', { cause: error })
  }
  throw new StreamError('truncated', 'The stream ended without saying so.')
}

/** True for an `error` chunk that is about the whole turn, and not about a stream or a chunk of it (STR-31, STR-40). */
export function isTurnFailure(chunk: Chunk): chunk is ErrorChunk {
  return isErrorChunk(chunk) && chunk.streamId === undefined && chunk.code !== 'invalid-chunk'
}

function isErrorChunk(chunk: Chunk): chunk is ErrorChunk {
  return chunk.type === 'error'
}

function readChunk(data: string): Chunk {
  const value = parseJson(data)
  const problem = chunkProblem(value)
  // Just checked to be one.
  if (problem === undefined) return value as Chunk
  const { streamId, dataType } = isObject(value) ? value : {}
  return {
    type: 'error',
    code: 'invalid-chunk',
    message: `The server sent something that is no chunk: ${problem}.`,
    ...(typeof streamId === 'string' && { streamId }),
    ...(typeof dataType === 'string' && { dataType }),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
