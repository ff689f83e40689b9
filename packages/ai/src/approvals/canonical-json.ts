/** Deeper values count as no JSON: who sends them wants to exhaust the stack. */
const maxDepth = 1000

/** A value as one text, or the first place where it is no JSON. */
export type CanonicalJson =
  | { readonly text: string }
  | {
      readonly text: undefined
      /** `$.items[0].when`, cut at 100 characters. */
      readonly path: string
      /** What stands there, never the value: `Date`, `undefined`. */
      readonly found: string
    }

/**
 * JSON with the keys of every object in order of their UTF-16 units, so that equal values have equal texts and others
 * have not (AI-55). What would come back changed from `JSON.parse(JSON.stringify(value))` is no JSON here: `undefined`
 * as a key's value too, class instances, holes, numbers that are not finite. `-0` is `0`.
 */
export function canonicalJson(value: unknown): CanonicalJson {
  const walk: Walk = { above: new Set() }
  const text = encode(value, '$', walk)
  return walk.problem === undefined ? { text } : { text: undefined, ...walk.problem }
}

interface Walk {
  readonly above: Set<object>
  problem?: { readonly path: string; readonly found: string }
}

function encode(value: unknown, path: string, walk: Walk): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value)
    case 'number':
      return Number.isFinite(value) ? JSON.stringify(value) : fail(walk, path, String(value))
    case 'object':
      if (value === null) return 'null'
      if (walk.above.has(value)) return fail(walk, path, 'a cycle')
      if (walk.above.size >= maxDepth) return fail(walk, path, `more than ${maxDepth} levels`)
      walk.above.add(value)
      try {
        return Array.isArray(value) ? encodeArray(value, path, walk) : encodeObject(value, path, walk)
      } finally {
        walk.above.delete(value)
      }
    default:
      return fail(walk, path, typeof value)
  }
}

function encodeArray(array: readonly unknown[], path: string, walk: Walk): string {
  // A hole, or a key beside the items, is lost on the way.
  if (Object.keys(array).length !== array.length) return fail(walk, path, 'an array with holes or other keys')
  return `[${array.map((item, index) => encode(item, `${path}[${index}]`, walk)).join(',')}]`
}

function encodeObject(object: object, path: string, walk: Walk): string {
  const prototype: unknown = Object.getPrototypeOf(object)
  // Objects of another realm have another Object.prototype; what they share is that nothing stands above it.
  if (typeof prototype === 'object' && prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return fail(walk, path, className(prototype))
  }
  if (Object.getOwnPropertySymbols(object).length > 0) return fail(walk, path, 'a symbol as key')
  const entries = Object.entries(object).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const members = entries.map(
    ([key, value]) => `${JSON.stringify(key)}:${encode(value, `${path}.${key}`, walk)}`,
  )
  return `{${members.join(',')}}`
}

function className(prototype: object): string {
  const constructor: unknown = Reflect.get(prototype, 'constructor')
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'class instance'
}

function fail(walk: Walk, path: string, found: string): string {
  walk.problem ??= { path: path.length > 100 ? `${path.slice(0, 100)}…` : path, found }
  return ''
}
