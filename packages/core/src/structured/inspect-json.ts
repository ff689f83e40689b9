import { isForbiddenKey } from './structured-path.ts'

/** What the reducer has to know of a value before it takes it. */
export interface InspectedJson {
  /** What is no JSON in it, in words, if anything. */
  readonly problem: string | undefined
  /** It has a key that reaches a prototype. */
  readonly hasForbiddenKey: boolean
  /** Levels of arrays and objects: 0 for a scalar, 1 for `[]`; above `maxDepth` it is not looked at. */
  readonly depth: number
  /** Characters of its JSON text; once above `maxLength` it is not counted on. */
  readonly length: number
}

interface Walk {
  problem: string | undefined
  hasForbiddenKey: boolean
  depth: number
  length: number
  readonly maxDepth: number
  readonly maxLength: number
  /** The containers around the place we are at. */
  readonly around: object[]
}

/** Walks a value once. Ends in bounded time for any value: each one takes a character, and too much is not looked at. */
export function inspectJson(
  value: unknown,
  { maxDepth, maxLength }: { readonly maxDepth: number; readonly maxLength: number },
): InspectedJson {
  const walk: Walk = {
    problem: undefined,
    hasForbiddenKey: false,
    depth: 0,
    length: 0,
    maxDepth,
    maxLength,
    around: [],
  }
  visit(value, walk)
  return walk
}

function visit(value: unknown, walk: Walk): void {
  if (walk.problem !== undefined || walk.length > walk.maxLength) return
  switch (typeof value) {
    case 'string':
      walk.length += JSON.stringify(value).length
      return
    case 'boolean':
      walk.length += value ? 4 : 5
      return
    case 'number':
      if (Number.isFinite(value)) walk.length += String(value).length
      else walk.problem = 'a number that is not finite'
      return
    case 'object':
      if (value === null) walk.length += 4
      else visitContainer(value, walk)
      return
    default:
      walk.problem = typeof value
  }
}

function visitContainer(value: object, walk: Walk): void {
  const { around } = walk
  walk.depth = Math.max(walk.depth, around.length + 1)
  if (around.includes(value)) {
    walk.problem = 'a cycle'
    return
  }
  if (around.length >= walk.maxDepth) return
  around.push(value)
  // The brackets; each member is counted with a comma, the first one too.
  walk.length += 2
  let isFirst = true
  const comma = () => {
    if (!isFirst) walk.length++
    isFirst = false
  }
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length && walk.length <= walk.maxLength; index++) {
      comma()
      visit(value[index], walk)
    }
  } else if (isPlain(value)) {
    for (const [key, member] of Object.entries(value)) {
      if (member === undefined) continue
      if (isForbiddenKey(key)) walk.hasForbiddenKey = true
      comma()
      walk.length += JSON.stringify(key).length + 1
      visit(member, walk)
    }
  } else {
    walk.problem = 'an object that is not plain'
  }
  around.pop()
}

/** Objects of another realm have another `Object.prototype`; what they share is that nothing stands above it. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return (
    typeof prototype !== 'object' ||
    prototype === null ||
    prototype === Object.prototype ||
    Object.getPrototypeOf(prototype) === null
  )
}
