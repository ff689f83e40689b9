/** Items of one source for any number of readers, each with a pace of its own. */
export interface Replay<Item> {
  /** Each iteration begins anew and ends as the source ended. */
  readonly items: AsyncIterable<Item>
  readonly push: (item: Item) => void
  readonly close: () => void
  /** Every reader gets what it has not yet seen, and then this error. */
  readonly fail: (error: unknown) => void
}

/**
 * `keep: 'all'` gives every reader every item from the first on. `keep: 'newest'` gives a late or slow reader only the
 * newest one, and always ends with the last. `onRead` runs at the first read of each iteration.
 */
export function createReplay<Item>({
  keep,
  onRead,
}: {
  readonly keep: 'all' | 'newest'
  readonly onRead: () => void
}): Replay<Item> {
  const items: Item[] = []
  /** Number of the first item that is kept. */
  let first = 0
  let end: { readonly error?: { readonly value: unknown } } | undefined
  const waiting = new Set<() => void>()

  function wake(): void {
    for (const resume of waiting) resume()
    waiting.clear()
  }

  function finish(reason: typeof end): void {
    end ??= reason
    wake()
  }

  async function* read(): AsyncGenerator<Item, void, undefined> {
    onRead()
    let next = 0
    for (;;) {
      const unseen = items.slice(Math.max(next - first, 0))
      next = first + items.length
      yield* unseen
      if (next < first + items.length) continue
      if (end?.error) throw end.error.value
      if (end) return
      await new Promise<void>((resolve) => waiting.add(resolve))
    }
  }

  return {
    items: { [Symbol.asyncIterator]: read },
    push: (item) => {
      // What comes late, behind a time limit, is no answer any more.
      if (end) return
      if (keep === 'newest') first += items.splice(0).length
      items.push(item)
      wake()
    },
    close: () => finish({}),
    fail: (value) => finish({ error: { value } }),
  }
}
