/** Something with a place in an order of texts; no two items of an index have the same place. */
export interface Placed {
  readonly place: string
}

/** Items in the order of their places, by UTF-16 unit; for ASCII that is byte order. */
export interface SortedIndex<T extends Placed> {
  readonly add: (item: T) => void
  readonly delete: (place: string) => void
  /** The items at `place` and behind it. Do not change the index while reading. */
  readonly from: (place: string) => Iterable<T>
}

const maxChunk = 512

/** An index in chunks, so that adding to 100,000 items moves at most a few hundred. */
export function createSortedIndex<T extends Placed>(): SortedIndex<T> {
  /** Never an empty chunk; each chunk's places lie below those of the next. */
  const chunks: T[][] = []

  // The last chunk that begins at or below the place: where the place is, or would go.
  const chunkFor = (place: string) =>
    Math.max(0, firstAt(chunks, place, ([item]) => item?.place ?? '', true) - 1)

  return {
    add: (item) => {
      const index = chunkFor(item.place)
      const chunk = chunks[index]
      if (chunk === undefined) {
        chunks.push([item])
        return
      }
      chunk.splice(firstAt(chunk, item.place, placeOf, false), 0, item)
      if (chunk.length > maxChunk) chunks.splice(index + 1, 0, chunk.splice(maxChunk / 2))
    },
    delete: (place) => {
      const index = chunkFor(place)
      const chunk = chunks[index] ?? []
      const at = firstAt(chunk, place, placeOf, false)
      if (chunk[at]?.place !== place) return
      chunk.splice(at, 1)
      if (chunk.length === 0) chunks.splice(index, 1)
    },
    *from(place) {
      for (let index = chunkFor(place), isFirst = true; index < chunks.length; index++, isFirst = false) {
        const chunk = chunks[index] ?? []
        for (let at = isFirst ? firstAt(chunk, place, placeOf, false) : 0; at < chunk.length; at++) {
          const item = chunk[at]
          if (item !== undefined) yield item
        }
      }
    },
  }
}

const placeOf = (item: Placed) => item.place

/** The index of the first item whose place is at `place` or above, with `isAbove` only above; binary search. */
function firstAt<T>(
  items: readonly T[],
  place: string,
  placeOfItem: (item: T) => string,
  isAbove: boolean,
): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = items[middle]
    const isBelow =
      item !== undefined && (placeOfItem(item) < place || (isAbove && placeOfItem(item) === place))
    if (isBelow) low = middle + 1
    else high = middle
  }
  return low
}
