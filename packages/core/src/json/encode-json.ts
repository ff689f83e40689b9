import { CruxError } from '../errors/index.ts'
import { utf8Length } from './utf8-length.ts'

const maxDepth = 100

/** A value that was checked: its JSON text and a deeply frozen copy that shares nothing with what was given. */
export interface EncodedJson {
  readonly text: string
  readonly value: unknown
}

/** What `encodeJson` needs for its errors and limits. */
export interface EncodeJsonOptions {
  /** Largest text, in bytes of UTF-8. */
  readonly maxBytes: number
  /** What the value is, for error messages: `task "a/b"`. */
  readonly name: string
}

/** Where in the value we are; built downwards, read only when an error has to name the place. */
interface Place {
  readonly parent: Place | undefined
  readonly key: string | number
}

interface Walk {
  readonly options: EncodeJsonOptions
  depth: number
  /** Each value takes at least one byte, so this also ends values that share their parts without end. */
  budget: number
}

/**
 * Checks that a value is JSON and encodes it (ENT-4). Allowed are null, booleans, finite numbers, strings, dense arrays
 * and plain objects, nested at most 100 deep; an object's `undefined` is left out, `-0` becomes `0`. Throws
 * `invalid-value` with the place (`$.metadata.when`), or `too-large`.
 */
export function encodeJson(value: unknown, options: EncodeJsonOptions): EncodedJson {
  const copy = copyValue(value, undefined, { options, depth: 0, budget: options.maxBytes })
  const text = JSON.stringify(copy)
  // A UTF-16 unit takes at most three bytes, so most texts need not be counted.
  if (text.length * 3 > options.maxBytes && utf8Length(text) > options.maxBytes) throw tooLarge(options)
  return { text, value: copy }
}

function copyValue(value: unknown, place: Place | undefined, walk: Walk): unknown {
  if (--walk.budget < 0) throw tooLarge(walk.options)
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      if (!Number.isFinite(value)) throw invalid(`is ${value}`, place, walk)
      return value === 0 ? 0 : value
    case 'object':
      if (value === null) return null
      return Array.isArray(value) ? copyArray(value, place, walk) : copyObject(value, place, walk)
    default:
      throw invalid(value === undefined ? 'is undefined' : `is a ${typeof value}`, place, walk)
  }
}

function copyArray(array: readonly unknown[], place: Place | undefined, walk: Walk): unknown {
  enter(place, walk)
  const copy: unknown[] = []
  for (let index = 0; index < array.length; index++) {
    copy.push(copyValue(array[index], { parent: place, key: index }, walk))
  }
  walk.depth--
  return Object.freeze(copy)
}

function copyObject(object: object, place: Place | undefined, walk: Walk): unknown {
  const prototype: unknown = Object.getPrototypeOf(object)
  // Objects of another realm have another Object.prototype; what they share is that nothing stands above it.
  if (
    prototype !== Object.prototype &&
    typeof prototype === 'object' &&
    prototype !== null &&
    Object.getPrototypeOf(prototype) !== null
  ) {
    throw invalid(`is a ${className(prototype)}`, place, walk)
  }
  enter(place, walk)
  // Copied first and checked then: a getter cannot answer twice, and a spread costs a tenth of building by key.
  const copy: Record<string, unknown> = { ...object }
  if (Object.getOwnPropertySymbols(copy).length > 0) throw invalid('has a symbol as key', place, walk)
  let hasGaps = false
  for (const key in copy) {
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') {
      throw invalid('has a key that is not allowed', { parent: place, key }, walk)
    }
    const value = copy[key]
    if (typeof value === 'string' || typeof value === 'boolean') continue
    if (typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0)) continue
    if (value === undefined) hasGaps = true
    else copy[key] = copyValue(value, { parent: place, key }, walk)
  }
  walk.depth--
  return Object.freeze(hasGaps ? withoutGaps(copy) : copy)
}

function withoutGaps(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}

function enter(place: Place | undefined, walk: Walk): void {
  if (++walk.depth > maxDepth)
    throw invalid(`is nested more than ${maxDepth} deep, or contains itself`, place, walk)
}

function className(prototype: object): string {
  const constructor: unknown = Reflect.get(prototype, 'constructor')
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'class instance'
}

function invalid(reason: string, place: Place | undefined, { options }: Walk): CruxError {
  const path = pathOf(place)
  return new CruxError('invalid-value', `${options.name}: ${path} ${reason}; values must be plain JSON.`, {
    details: { path },
  })
}

function tooLarge({ maxBytes, name }: EncodeJsonOptions): CruxError {
  return new CruxError(
    'too-large',
    `${name} is larger than ${maxBytes} bytes of JSON: store less, or raise the limit.`,
  )
}

/** `$`, then `.name` or `[0]` for each step; a name that is no identifier is quoted. Cut when it is very long. */
function pathOf(place: Place | undefined): string {
  const steps: string[] = []
  for (let at = place; at !== undefined; at = at.parent) {
    if (typeof at.key === 'number') steps.push(`[${at.key}]`)
    else steps.push(/^[A-Za-z_$][\w$]*$/.test(at.key) ? `.${at.key}` : `[${JSON.stringify(at.key)}]`)
  }
  const path = `$${steps.reverse().join('')}`
  return path.length > 200 ? `${path.slice(0, 200)}…` : path
}
