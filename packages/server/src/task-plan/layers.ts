/**
 * An immutable map as a pile of maps, each at least as large as the one above it; the uppermost that has a key counts.
 * Setting copies at most 8 entries, but now and then two layers become one: so each of n entries is copied about
 * log n times, where a copy of the whole map at each set would cost n.
 */
export type Layers<V> = readonly ReadonlyMap<string, V>[]

const topSize = 8

/** The value of `key`, or `undefined`. */
export function getIn<V>(layers: Layers<V>, key: string): V | undefined {
  for (let index = layers.length - 1; index >= 0; index--) {
    const value = layers[index]?.get(key)
    if (value !== undefined) return value
  }
  return undefined
}

/** The map with `key` set. */
export function putIn<V>(layers: Layers<V>, key: string, value: V): Layers<V> {
  const top = layers.at(-1)
  if (!top) return [new Map([[key, value]])]
  if (top.size < topSize || top.has(key)) return [...layers.slice(0, -1), new Map(top).set(key, value)]
  return [...settled(layers), new Map([[key, value]])]
}

/** All entries, each key once. */
export function allOf<V>(layers: Layers<V>): ReadonlyMap<string, V> {
  const all = new Map<string, V>()
  for (const layer of layers) for (const [key, value] of layer) all.set(key, value)
  return all
}

/** Joins layers from the top until each is at least as large as the one above it. */
function settled<V>(layers: Layers<V>): Layers<V> {
  const pile = [...layers]
  for (;;) {
    const [lower, upper] = pile.slice(-2)
    if (!lower || !upper || lower.size > upper.size) return pile
    pile.splice(-2, 2, allOf([lower, upper]))
  }
}
