import {
  applyToStreams,
  applyToTexts,
  isKnownChunk,
  isTurnFailure,
  noTexts,
  streamChunkSchema,
  type Chunk,
  type StructuredLimits,
  type StructuredState,
  type StructuredStreams,
} from '@crux/core/structured'
import { assertChunk, openSource, type ChunkSource } from './chunk-source.ts'

/** A whole turn. */
export interface BufferedStream {
  /** All of them, `done` included. */
  readonly chunks: Chunk[]
  /** The texts in the order in which they were opened, joined without a character between. */
  readonly text: string
  /** The objects by stream id; a record without prototype. */
  readonly structured: Record<string, StructuredState>
  /** The first error of the turn, which is none of a stream. */
  readonly error: { readonly code: string; readonly message: string } | null
}

/**
 * Reads a turn to its end, for a client that does not stream (STR-36). Rejects with what the source throws, and with the
 * reason of `signal`, whose abort reaches the source.
 *
 * @example
 * if (!body.stream) return Response.json(await collectBufferedStream(source, { signal: request.signal }))
 */
export async function collectBufferedStream(
  source: ChunkSource,
  { signal, limits }: { readonly signal?: AbortSignal; readonly limits?: StructuredLimits } = {},
): Promise<BufferedStream> {
  const opened = openSource(source)
  let abort = () => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => {
      // First, because the source may fail at once when it hears of it.
      reject(signal?.reason)
      opened.abort(signal?.reason)
    }
  })
  // It may reject while nobody races it.
  aborted.catch(ignore)
  signal?.addEventListener('abort', abort)

  const chunks: Chunk[] = []
  let texts = noTexts
  let streams: StructuredStreams = new Map()
  let error: BufferedStream['error'] = null
  try {
    for (;;) {
      signal?.throwIfAborted()
      const { done, value } = await Promise.race([opened.next(), aborted])
      if (done) break
      assertChunk(value)
      chunks.push(value)
      streams = applyToStreams(streams, value, limits).streams
      // A structured chunk with a mistake has broken its own stream; any other has nothing to show.
      if (!streamChunkSchema.safeParse(value).success) continue
      if (isKnownChunk(value)) texts = applyToTexts(texts, value)
      if (isTurnFailure(value)) error ??= { code: value.code ?? 'error', message: value.message }
      if (value.type === 'done') break
    }
  } finally {
    opened.leave()
    signal?.removeEventListener('abort', abort)
  }
  const structured: Record<string, StructuredState> = Object.create(null)
  for (const [streamId, state] of streams) structured[streamId] = state
  return { chunks, text: texts.texts.join(''), structured, error }
}

function ignore(): void {}
