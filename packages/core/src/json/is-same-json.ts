/**
 * True if two JSON values say the same. The order of an object's keys does not count, nor do keys that are undefined.
 */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const other = new Map(definedEntries(b))
  const own = definedEntries(a)
  return own.length === other.size && own.every(([key, value]) => isSameJson(value, other.get(key)))
}

function definedEntries(object: object): [string, unknown][] {
  return Object.entries(object).filter(([, value]) => value !== undefined)
}
