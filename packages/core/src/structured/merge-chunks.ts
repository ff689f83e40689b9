import { leave } from './leave.ts'
import type { Chunk } from './stream-chunk.ts'

/**
 * Several sources as one turn, for objects that are written at the same time: each chunk as soon as it is there, those of
 * one source in their order. Each source is asked for one chunk at a time, and none before the first read (STR-33); one
 * that always has something leaves the others their turn. What a source throws ends the whole, so let it be an `error`
 * chunk where the others are to go on, as `structuredFromPartials` does. Then, and when the reader leaves, the rest is
 * returned, not awaited. A `done` chunk of a source would end the turn of all: leave it to `toSSE`.
 *
 * @example
 * toSSE(({ signal }) => mergeChunks([writeEmail(signal), writeList(signal)]), { signal: request.signal })
 */
export async function* mergeChunks<C extends Chunk>(
  sources: Iterable<AsyncIterable<C>>,
): AsyncGenerator<C, void> {
  const open = new Set(Array.from(sources, (source) => source[Symbol.asyncIterator]()))
  // In the order of arrival, so that nobody is passed over.
  const arrived: (() => { readonly source: AsyncIterator<C>; readonly step: IteratorResult<C> })[] = []
  let wake = () => {}

  /** Never rejects: what went wrong is thrown where the answer is taken. */
  async function ask(source: AsyncIterator<C>): Promise<void> {
    try {
      const step = await source.next()
      arrived.push(() => ({ source, step }))
    } catch (error) {
      arrived.push(() => {
        open.delete(source)
        throw error
      })
    }
    wake()
  }

  try {
    for (const source of open) void ask(source)
    while (open.size > 0) {
      const take = arrived.shift()
      if (!take) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        continue
      }
      const { source, step } = take()
      if (step.done) {
        open.delete(source)
      } else {
        yield step.value
        void ask(source)
      }
    }
  } finally {
    for (const source of open) void leave(source)
  }
}
