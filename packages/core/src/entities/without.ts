/** A copy of `value` without these fields. */
export function without<T extends object, Name extends keyof T & string>(
  value: T,
  names: readonly Name[],
): Omit<T, Name> {
  const left = new Set<string>(names)
  // What is left has the fields of T that are not named.
  return Object.fromEntries(Object.entries(value).filter(([name]) => !left.has(name))) as Omit<T, Name>
}
