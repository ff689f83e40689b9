/** Rewrites a stream item by item. What is to come out goes to `out`, in order. Nothing here throws. */
export interface StreamRewriter<In, Out> {
  readonly push: (item: In, out: (item: Out) => void) => void
  /** The source has ended. */
  readonly end: (out: (item: Out) => void) => void
  /** The source has failed: what is put out is the last before the error. */
  readonly fail: (out: (item: Out) => void) => void
  /** The reader has left. */
  readonly cancel: () => void
  /** Resolves when the stream may be closed. Never rejects. */
  readonly flushed: () => Promise<void>
}
