/** An array that is computed from something else when somebody reads it. */
export interface DerivedArray<T> {
  /** The same array as the last time unless an element changed (CLI-11). */
  readonly read: () => readonly T[]
  /** What it is computed from changed. Costs nothing until the next read. */
  readonly invalidate: () => void
}

/** See `DerivedArray`. */
export function createDerivedArray<T>(compute: () => readonly T[]): DerivedArray<T> {
  let array: readonly T[] = []
  let isStale = true
  return {
    read() {
      if (isStale) {
        const next = compute()
        const isSame =
          next.length === array.length && next.every((element, index) => Object.is(element, array[index]))
        if (!isSame) array = next
        isStale = false
      }
      return array
    },
    invalidate() {
      isStale = true
    },
  }
}
