/** A body that gives these pieces, one per read, and tells whether and why it was cancelled. */
export function bodyOf(pieces: Iterable<Uint8Array | string>, { open = false } = {}) {
  const iterator = pieces[Symbol.iterator]()
  const encoder = new TextEncoder()
  const seen: { cancelled?: unknown; isCancelled: boolean } = { isCancelled: false }
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const { done, value } = iterator.next()
        if (!done) controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value)
        else if (!open) controller.close()
        // An open body stays without another byte.
        else return new Promise(() => {})
      },
      cancel(reason) {
        seen.isCancelled = true
        seen.cancelled = reason
      },
    },
    { highWaterMark: 0 },
  )
  return { body, seen }
}

/** The same bytes whole, in pieces of 1, 2, 3 and 5, and cut in two at every byte. */
export function* everyCut(bytes: Uint8Array): Generator<Uint8Array[]> {
  yield [bytes]
  for (const size of [1, 2, 3, 5]) {
    const pieces: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
    yield pieces
  }
  for (let at = 1; at < bytes.length; at++) yield [bytes.subarray(0, at), bytes.subarray(at)]
}
