const none: readonly never[] = []

/** The last so many of a list, which stays the same where nothing is left out. */
export function newest<T>(list: readonly T[], count: number): readonly T[] {
  if (list.length <= count) return list
  // The start of a slice is rounded, so -0.5 would be the whole list.
  return count >= 1 ? list.slice(-count) : none
}
