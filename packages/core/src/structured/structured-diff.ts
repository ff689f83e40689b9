import type { JsonValue } from '../json/json-value.ts'
import { isSameJson } from '../json/is-same-json.ts'
import { isObject } from '../json/is-object.ts'
import type { StructuredOp } from './structured-chunk.ts'
import { joinPath } from './structured-path.ts'
import { StructuredStreamError } from './structured-stream-error.ts'
import { nameOf, ownMember } from './write-at.ts'

/**
 * The steps that make `previous` into `next`, two partial forms of one object (STR-20 to STR-23): tails of texts that
 * grew, new tails of arrays, and `set` for all else. A value that is no object or array has no path and waits for
 * `final`, as do a removed key and a shorter array at the root. Throws `container-conflict` where an object becomes an
 * array, or the other way round, at the root.
 *
 * @example
 * structuredDiff({ body: 'Hi' }, { body: 'Hi Ann' }) // [{ kind: 'text-delta', path: 'body', delta: ' Ann' }]
 */
export function structuredDiff(previous: unknown, next: unknown): StructuredOp[] {
  if (!isContainer(next)) return []
  if (previous !== undefined && nameOf(previous) !== nameOf(next)) {
    throw new StructuredStreamError('container-conflict', {
      at: '',
      expected: `an ${nameOf(next)}`,
      found: nameOf(previous),
    })
  }
  return diffMembers(previous ?? (Array.isArray(next) ? [] : {}), next, '')
}

function diffValue(previous: unknown, next: unknown, path: string): StructuredOp[] {
  if (Object.is(previous, next)) return []
  if (typeof previous === 'string' && typeof next === 'string' && next.startsWith(previous))
    return [{ kind: 'text-delta', path, delta: next.slice(previous.length) }]
  if (isContainer(previous) && isContainer(next) && nameOf(previous) === nameOf(next)) {
    return hasLost(previous, next) ? [setTo(path, next)] : diffMembers(previous, next, path)
  }
  return [setTo(path, next)]
}

/** The path of the root is `''`. */
function diffMembers(previous: unknown, next: object, path: string): StructuredOp[] {
  if (Array.isArray(next)) {
    const sent = Array.isArray(previous) ? previous.length : 0
    const ops = next
      .slice(0, sent)
      .flatMap((item, index) => diffValue(ownMember(previous, index), item, joinPath(path, index)))
    const tail = next.slice(sent)
    if (path === '') return [...ops, ...tail.map((item, at) => setTo(joinPath(path, sent + at), item))]
    return tail.length === 0 ? ops : [...ops, { kind: 'append', path, items: tail }]
  }
  return Object.entries(next).flatMap(([key, value]) => {
    // The empty key has no path: below the root its parent is set whole, and the root waits for `final`.
    if (value === undefined || key === '') return []
    return diffValue(ownMember(previous, key), value, joinPath(path, key))
  })
}

/** Whether something changed that no path can tell: a member went away, or the one with the empty key is another. */
function hasLost(previous: object, next: object): boolean {
  if (Array.isArray(previous)) return Array.isArray(next) && next.length < previous.length
  if (!isSameJson(ownMember(previous, ''), ownMember(next, ''))) return true
  return Object.entries(previous).some(
    ([key, value]) => value !== undefined && ownMember(next, key) === undefined,
  )
}

/** A partial is JSON by its nature; the reducer looks at each value once more. */
function setTo(path: string, value: unknown): StructuredOp {
  return { kind: 'set', path, value: value as JsonValue }
}

function isContainer(value: unknown): value is object {
  return Array.isArray(value) || isObject(value)
}
