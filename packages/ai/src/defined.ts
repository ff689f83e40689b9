type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> }

/** The values without those that are `undefined`, which the SDK would take for given. */
export function defined<T extends object>(values: T): Defined<T> {
  const kept: Defined<T> = { ...values }
  for (const key in kept) if (kept[key] === undefined) delete kept[key]
  return kept
}
