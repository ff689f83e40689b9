import type { StreamRewriter } from './stream-rewriter.ts'

/**
 * A rewriter as a pair for `pipeThrough`. Not a `TransformStream`, because that class drops what it is given to send when
 * its source fails: here the last plan still comes out, and the error at the next read (INJ-4, INJ-106). A write waits
 * until somebody wants to read, so that nothing is read ahead but what the pipe itself holds.
 */
export function streamPair<In, Out>(
  makeRewriter: () => StreamRewriter<In, Out>,
): { readonly readable: ReadableStream<Out>; readonly writable: WritableStream<In> } {
  const rewriter = makeRewriter()
  let wake = () => {}
  let isWanted = false
  let isCancelled = false
  let failure: { readonly reason: unknown } | undefined
  let source: WritableStreamDefaultController | undefined
  let sink: ReadableStreamDefaultController<Out> | undefined

  const out = (item: Out) => {
    isWanted = false
    sink?.enqueue(item)
  }
  const wanted = async () => {
    while (!isWanted && !isCancelled) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }

  const readable = new ReadableStream<Out>(
    {
      start(controller) {
        sink = controller
      },
      pull(controller) {
        if (failure) return controller.error(failure.reason)
        isWanted = true
        wake()
      },
      cancel(reason) {
        isCancelled = true
        rewriter.cancel()
        wake()
        source?.error(reason)
      },
    },
    { highWaterMark: 0 },
  )
  const writable = new WritableStream<In>({
    start(controller) {
      source = controller
    },
    async write(item) {
      await wanted()
      if (isCancelled) return
      try {
        rewriter.push(item, out)
      } catch (error) {
        // What is no item of such a stream, bytes for instance: both ends fail, instead of a reader that waits forever.
        sink?.error(error)
        throw error
      }
    },
    async close() {
      if (isCancelled) return
      rewriter.end(out)
      await rewriter.flushed()
      if (!isCancelled) sink?.close()
    },
    abort(reason) {
      if (isCancelled) return
      const isWaiting = isWanted
      rewriter.fail(out)
      void rewriter.flushed()
      failure = { reason }
      // A read that waits and got nothing gets the error; any other gets it at its next pull.
      if (isWaiting && isWanted) sink?.error(reason)
    },
  })
  return { readable, writable }
}
