import { runReported } from '../errors/report-error.ts'
import { lastingMeta } from './lasting-meta.ts'
import type { ErrorChunk } from './stream-chunk.ts'
import type { StructuredChunk } from './structured-chunk.ts'
import { structuredStream, type StructuredStreamOptions } from './structured-stream.ts'

/** What `structuredFromPartials` needs beside the partials. */
export interface StructuredFromPartialsOptions extends StructuredStreamOptions {
  /**
   * The whole object. For the AI SDK `result.output`, because its partials end without a word when the model fails; `null`
   * for a source that rejects on failure, whose last partial is then the whole object.
   */
  readonly output: PromiseLike<unknown> | null
  /** Hears what failed, except that it was aborted. */
  readonly onError?: (error: unknown) => void
}

/**
 * The chunks of an object that arrives as ever larger partials, such as `partialOutputStream` of the AI SDK (STR-27).
 * Ends with `final`; a failure becomes an `error` chunk of this stream with a fixed message, and the generator ends.
 * A mistake in `fields` throws at the call.
 *
 * @example
 * const result = streamText({ model, prompt, output: Output.object({ schema }) })
 * yield* structuredFromPartials(result.partialOutputStream, {
 *   streamId: 'mail-1', dataType: 'email-draft', output: result.output,
 * })
 */
export function structuredFromPartials(
  partials: AsyncIterable<unknown>,
  { output, onError, ...options }: StructuredFromPartialsOptions,
): AsyncGenerator<StructuredChunk | ErrorChunk, void> {
  // Whether or not the chunks are ever read, its rejection is somebody's.
  void output?.then(ignore, ignore)
  const producer = structuredStream(options)
  const { streamId, dataType } = options

  async function* produce(): AsyncGenerator<StructuredChunk | ErrorChunk, void> {
    try {
      let last: unknown
      for await (const partial of partials) {
        last = partial
        yield* producer.update(partial)
      }
      const whole = output === null ? last : await output
      yield* producer.update(last, { complete: true })
      yield producer.final(whole)
    } catch (error) {
      if (onError && !isAbort(error)) runReported(() => onError(error))
      yield {
        type: 'error',
        streamId,
        dataType,
        ...lastingMeta(options),
        code: 'producer-failed',
        message: 'The structured stream failed.',
      }
    }
  }
  return produce()
}

/** The second name is what Next.js gives as the reason when a client hangs up; a source rejects with the reason. */
function isAbort(error: unknown): boolean {
  const name: unknown = Reflect.get(Object(error), 'name')
  return name === 'AbortError' || name === 'ResponseAborted'
}

function ignore(): void {}
