import type { StreamRewriter } from './stream-rewriter.ts'

/**
 * A stream read through a rewriter. Reads only when somebody wants to read, and goes on until there is something to
 * give. What is last comes before an error of the source (INJ-106); a cancel reaches the source at once.
 */
export function readThrough<In, Out>(
  stream: ReadableStream<In>,
  rewriter: StreamRewriter<In, Out>,
): ReadableStream<Out> {
  const reader = stream.getReader()
  let isOver = false
  let failure: { readonly reason: unknown } | undefined
  let given = 0
  let sink: ReadableStreamDefaultController<Out> | undefined
  const put = (item: Out) => {
    given++
    sink?.enqueue(item)
  }

  async function finish(): Promise<void> {
    isOver = true
    rewriter.end(put)
    await rewriter.flushed()
    reader.releaseLock()
    sink?.close()
  }

  function fail(reason: unknown): void {
    if (isOver) return
    isOver = true
    const before = given
    rewriter.fail(put)
    void rewriter.flushed()
    void reader.cancel(reason).catch(() => {})
    reader.releaseLock()
    // What was put out last would be lost with an error now.
    if (given === before) sink?.error(reason)
    else failure = { reason }
  }

  function take({ done, value }: ReadableStreamReadResult<In>): void | Promise<void> {
    if (isOver) return
    if (done) return finish()
    const before = given
    try {
      rewriter.push(value, put)
    } catch (reason) {
      return fail(reason)
    }
    if (given === before) return takeUntilGiven(before)
  }

  /** A loop, because a chain of promises would be as long as a held event has pieces. */
  async function takeUntilGiven(before: number): Promise<void> {
    try {
      while (given === before) {
        const { done, value } = await reader.read()
        if (isOver) return
        if (done) {
          await finish()
          return
        }
        rewriter.push(value, put)
      }
    } catch (reason) {
      fail(reason)
    }
  }

  return new ReadableStream<Out>(
    {
      start(controller) {
        sink = controller
      },
      // Not an async function: most reads give something at once, and each promise is a good part of their cost.
      pull: () => (failure ? sink?.error(failure.reason) : reader.read().then(take, fail)),
      cancel(reason) {
        isOver = true
        rewriter.cancel()
        // Not awaited: where the source is one branch of a tee, that would wait for the other branch.
        void reader.cancel(reason).catch(() => {})
        reader.releaseLock()
      },
    },
    { highWaterMark: 0 },
  )
}
