/**
 * An immutable map: the last few entries as a list, the rest as a pile of maps, each larger than the one above it. What
 * was set last counts. Setting copies the short list, and now and then two maps become one: so each of n entries is
 * copied about log n times, where a copy of the whole map at each set would cost n.
 */
export interface Layers<V> {
  readonly recent: readonly Entry<V>[]
  readonly older: readonly ReadonlyMap<string, V>[]
}

interface Entry<V> {
  readonly key: string
  readonly value: V
}

const mostRecent = 8

/** A map without entries. */
export const noLayers: Layers<never> = { recent: [], older: [] }

/** The value of `key`, or `undefined`. */
export function getIn<V>({ recent, older }: Layers<V>, key: string): V | undefined {
  for (let index = recent.length - 1; index >= 0; index--) {
    const entry = recent[index]
    if (entry?.key === key) return entry.value
  }
  for (let index = older.length - 1; index >= 0; index--) {
    const value = older[index]?.get(key)
    if (value !== undefined) return value
  }
  return undefined
}

/** The map with `key` set. */
export function putIn<V>({ recent, older }: Layers<V>, key: string, value: V): Layers<V> {
  const place = recent.findIndex((entry) => entry.key === key)
  if (place >= 0) return { recent: recent.with(place, { key, value }), older }
  if (recent.length < mostRecent) return { recent: [...recent, { key, value }], older }
  return { recent: [{ key, value }], older: pileUp(older, toMap(recent)) }
}

/** All entries, each key once. */
export function allOf<V>({ recent, older }: Layers<V>): ReadonlyMap<string, V> {
  return joined([...older, toMap(recent)])
}

/** The pile with one more map on it, joined from the top until each is larger than the one above it. */
function pileUp<V>(older: Layers<V>['older'], top: ReadonlyMap<string, V>): Layers<V>['older'] {
  const pile = [...older, top]
  for (;;) {
    const [lower, upper] = pile.slice(-2)
    if (!lower || !upper || lower.size > upper.size) return pile
    pile.splice(-2, 2, joined([lower, upper]))
  }
}

function joined<V>(maps: readonly ReadonlyMap<string, V>[]): ReadonlyMap<string, V> {
  const all = new Map<string, V>()
  for (const map of maps) for (const [key, value] of map) all.set(key, value)
  return all
}

function toMap<V>(entries: readonly Entry<V>[]): ReadonlyMap<string, V> {
  return new Map(entries.map(({ key, value }) => [key, value]))
}
