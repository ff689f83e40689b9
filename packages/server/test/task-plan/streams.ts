/** A stream of these items, one per pull; with `failure` it fails after the last. */
export function streamOf<T>(items: readonly T[], failure?: { readonly reason: unknown }): ReadableStream<T> {
  let index = 0
  return new ReadableStream<T>(
    {
      pull(controller) {
        const item = items[index++]
        if (index <= items.length) controller.enqueue(item as T)
        else if (failure) controller.error(failure.reason)
        else controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}

/** Everything a stream gives, and what it failed with. */
export async function drain<T>(
  stream: ReadableStream<T>,
): Promise<{ readonly items: T[]; readonly error: unknown }> {
  const items: T[] = []
  try {
    for await (const item of stream) items.push(item)
    return { items, error: undefined }
  } catch (error) {
    return { items, error }
  }
}

/** Everything a stream gives. Rejects with what it fails with. */
export async function collect<T>(stream: ReadableStream<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of stream) items.push(item)
  return items
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
