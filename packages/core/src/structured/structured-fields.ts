import { isSameJson } from '../json/is-same-json.ts'
import { isObject } from '../json/is-object.ts'
import type { JsonValue } from '../json/json-value.ts'
import type { StructuredOp } from './structured-chunk.ts'
import { anySegment, joinPath, parsePattern } from './structured-path.ts'
import { StructuredStreamError } from './structured-stream-error.ts'
import { ownMember } from './write-at.ts'

type FieldKind = 'set' | 'append' | 'text-delta'

/** What of an object is streamed and how: patterns, where `*` is exactly one segment, to kinds (STR-24). */
export type StructuredFields = Readonly<Record<string, FieldKind>>

interface Field {
  readonly pattern: readonly (string | number | typeof anySegment)[]
  readonly kind: FieldKind
}

/** Gives the steps from what was sent to a newer partial, of the fields alone. */
export type FieldsDiff = (sent: unknown, partial: unknown, complete: boolean) => StructuredOp[]

/**
 * Reads the patterns once. Throws `StructuredStreamError` `malformed-path` for a pattern that is none, a kind that is not
 * known, or a pattern below another one (STR-24).
 */
export function createFieldsDiff(fields: StructuredFields): FieldsDiff {
  const compiled = Object.entries(fields).map(([text, kind]): Field => {
    if (kind !== 'set' && kind !== 'append' && kind !== 'text-delta')
      throw new StructuredStreamError('malformed-path', {
        path: text,
        problem: 'the kind of field is not known',
      })
    return { pattern: parsePattern(text), kind }
  })
  for (const [index, { pattern }] of compiled.entries()) {
    if (!compiled.some((other) => isBelow(other.pattern, pattern))) continue
    const path = Object.keys(fields)[index]
    throw new StructuredStreamError('malformed-path', { path, problem: 'another field could match below it' })
  }
  // Stable, so the order of declaration decides between equals.
  const fewestWildcards = compiled.toSorted((a, b) => countWildcards(a) - countWildcards(b))

  function visit(sent: unknown, value: unknown, at: Place): StructuredOp[] {
    const [field] = at.fields.filter(({ pattern }) => pattern.length === at.depth)
    if (field) return fieldOps(field.kind, sent, value, at)
    return membersOf(value, at.isOpen).flatMap(({ segment, member, isOpen }) => {
      const below = at.fields.filter(({ pattern }) => matches(pattern[at.depth], segment))
      if (below.length === 0) return []
      const place = { fields: below, depth: at.depth + 1, path: joinPath(at.path, segment), isOpen }
      return visit(ownMember(sent, segment), member, place)
    })
  }

  return (sent, partial, complete) =>
    visit(sent, partial, { fields: fewestWildcards, depth: 0, path: '', isOpen: !complete })
}

interface Place {
  /** Those whose pattern matches so far. */
  readonly fields: readonly Field[]
  readonly depth: number
  readonly path: string
  /** The model may still be writing it. */
  readonly isOpen: boolean
}

/**
 * What to send of one field (STR-25). It is compared with what was sent and not with the partial before, because partials
 * start again with each step of the model.
 */
function fieldOps(kind: FieldKind, sent: unknown, value: unknown, { path, isOpen }: Place): StructuredOp[] {
  if (kind === 'text-delta' && typeof value === 'string') {
    if (typeof sent === 'string' ? value.startsWith(sent) : sent === undefined && value !== '') {
      const delta = value.slice(typeof sent === 'string' ? sent.length : 0)
      return delta === '' ? [] : [{ kind, path, delta }]
    }
    return isOpen ? [] : [setTo(path, value)]
  }
  if (kind === 'append' && Array.isArray(value)) {
    const closed: JsonValue[] = isOpen ? value.slice(0, -1) : value
    const before = Array.isArray(sent) ? sent : []
    if (isPrefix(before, closed) && (Array.isArray(sent) || (sent === undefined && closed.length > 0))) {
      const items = closed.slice(before.length)
      return items.length === 0 ? [] : [{ kind, path, items }]
    }
    return isOpen && isPrefix(closed, before) ? [] : [setTo(path, closed)]
  }
  return isOpen || isSameJson(sent, value) ? [] : [setTo(path, value)]
}

interface Member {
  readonly segment: string | number
  readonly member: unknown
  readonly isOpen: boolean
}

/** Of an open container the last member is open; keys like integers are reordered, so then any may be the last. */
function membersOf(container: unknown, isOpen: boolean): Member[] {
  const entries: [string | number, unknown][] = Array.isArray(container)
    ? [...container.entries()]
    : isObject(container)
      ? Object.entries(container)
      : []
  const members = entries.filter(([, member]) => member !== undefined)
  const areAllOpen = isOpen && isObject(container) && Object.keys(container).some(isLikeInteger)
  return members
    .map(([segment, member], index) => ({
      segment,
      member,
      isOpen: areAllOpen || (isOpen && index === members.length - 1),
    }))
    .filter(({ segment }) => segment !== '')
}

function isLikeInteger(key: string): boolean {
  return /^(0|[1-9][0-9]*)$/.test(key)
}

function isPrefix(start: readonly unknown[], items: readonly unknown[]): boolean {
  return start.every((item, index) => isSameJson(item, items[index]))
}

function matches(segment: string | number | typeof anySegment | undefined, actual: string | number): boolean {
  return segment === anySegment || segment === actual
}

function isBelow(pattern: Field['pattern'], above: Field['pattern']): boolean {
  return (
    pattern.length > above.length &&
    above.every((segment, index) => {
      const other = pattern[index]
      return segment === anySegment || other === anySegment || segment === other
    })
  )
}

function countWildcards({ pattern }: Field): number {
  return pattern.filter((segment) => segment === anySegment).length
}

/** A partial is JSON by its nature; the reducer looks at each value once more. */
function setTo(path: string, value: unknown): StructuredOp {
  return { kind: 'set', path, value: value as JsonValue }
}
