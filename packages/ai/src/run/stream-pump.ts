import type { StreamTextResult } from '../gateway/sdk-gateway.ts'
import type { Deadline } from './deadline.ts'
import { createReplay } from './replay.ts'

/** How fast a stream came. */
export interface StreamPace {
  /** To the first text, reasoning or tool input, in milliseconds. */
  readonly ttftMs: number | undefined
  /** Pieces of text, reasoning and tool input. */
  readonly totalChunks: number
}

/** A stream for any number of readers. Nothing is read before the first of them reads. */
export interface StreamPump<Completion> {
  readonly text: AsyncIterable<string>
  readonly partials: AsyncIterable<unknown>
  /** Rejects as the stream fails, or as `complete` does. Safe to ignore. */
  readonly completion: () => Promise<Completion>
}

type RawStream = Pick<StreamTextResult, 'stream' | 'partialOutputStream'>

/**
 * Reads the SDK's stream to its end, whatever readers do (AI-27). It reads the parts and not `textStream`, which ends
 * without a word on an error and on an abort (AI-78). The first error part, abort or time limit makes every reader
 * throw that very error (AI-28); `complete` runs behind a stream that ended well.
 */
export function createStreamPump<Completion>(options: {
  readonly raw: RawStream
  readonly hasPartials: boolean
  readonly deadline: Deadline
  /** When the call began, by `performance.now()`. */
  readonly startedAt: number
  readonly complete: (pace: StreamPace) => Promise<Completion>
  readonly onStart: () => void
  /** Runs once, when the stream fails in any way. */
  readonly onFailure: (error: unknown) => void
}): StreamPump<Completion> {
  const { raw, deadline, startedAt } = options
  const text = createReplay<string>({ keep: 'all', onRead: start })
  const partials = createReplay<unknown>({ keep: 'newest', onRead: start })
  let ttftMs: number | undefined
  let totalChunks = 0
  let running: Promise<Completion> | undefined

  async function readParts(): Promise<void> {
    for await (const part of raw.stream) {
      switch (part.type) {
        case 'error':
          throw part.error
        case 'abort':
          // The part has the reason as text; the race has ended by then, with the reason itself (AI-79).
          throw new DOMException('This operation was aborted', 'AbortError')
        case 'text-delta':
          countChunk()
          text.push(part.text)
          break
        case 'reasoning-delta':
        case 'tool-input-delta':
          countChunk()
          break
        default:
      }
    }
    text.close()
  }

  function countChunk(): void {
    ttftMs ??= performance.now() - startedAt
    totalChunks += 1
  }

  async function readPartials(): Promise<void> {
    if (!options.hasPartials) return
    for await (const partial of raw.partialOutputStream) partials.push(partial)
  }

  async function run(): Promise<Completion> {
    try {
      return await deadline.race(
        (async () => {
          await Promise.all([readParts(), readPartials()])
          partials.close()
          return options.complete({ ttftMs, totalChunks })
        })(),
      )
    } catch (error) {
      text.fail(error)
      partials.fail(error)
      options.onFailure(error)
      throw error
    } finally {
      deadline.clear()
    }
  }

  function start(): Promise<Completion> {
    if (running === undefined) {
      options.onStart()
      running = run()
      // Whoever only reads the text need not look at the completion.
      running.catch(() => {})
    }
    return running
  }

  return { text: text.items, partials: partials.items, completion: start }
}
