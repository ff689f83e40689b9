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
  let put: (item: Out) => void = () => {}

  return new ReadableStream<Out>(
    {
      start(controller) {
        put = (item) => {
          given++
          controller.enqueue(item)
        }
      },
      async pull(controller) {
        if (failure) return controller.error(failure.reason)
        const before = given
        try {
          do {
            const { done, value } = await reader.read()
            if (isOver) return
            if (done) {
              isOver = true
              rewriter.end(put)
              await rewriter.flushed()
              reader.releaseLock()
              return controller.close()
            }
            rewriter.push(value, put)
          } while (given === before)
        } catch (reason) {
          if (isOver) return
          isOver = true
          rewriter.fail(put)
          void rewriter.flushed()
          void reader.cancel(reason).catch(() => {})
          reader.releaseLock()
          if (given === before) controller.error(reason)
          else failure = { reason }
        }
      },
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
