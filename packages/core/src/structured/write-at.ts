import { formatPath } from './structured-path.ts'
import type { StructuredStreamErrorCode } from './structured-stream-error.ts'

/** Why a value cannot be written where a path leads. */
export interface WriteProblem {
  readonly code: StructuredStreamErrorCode
  readonly at: string
  readonly expected: string
  readonly found: string
}

/** What comes of a write: the new root and how many places were filled, or why it cannot be done. */
export type Written =
  | { readonly data: unknown; readonly filled: number; readonly problem?: undefined }
  | { readonly problem: WriteProblem }

/** What becomes of the value at the end of a path; gives a problem of that place instead if it does not fit. */
export type LeafChange = (value: unknown) => LeafResult

/** The new value, or what it would have needed. */
export type LeafResult =
  | { readonly value: unknown; readonly misfit?: undefined }
  | { readonly misfit: Omit<WriteProblem, 'at'> }

/**
 * Copies the containers along a path and changes its leaf; everything else is shared (STR-6, STR-8, STR-9). Missing
 * containers are made as the next segment demands, and nothing is allocated before the whole path was found good.
 */
export function writeAt(
  root: unknown,
  segments: readonly (string | number)[],
  change: LeafChange,
  maxIndexGap: number,
): Written {
  let filled = 0
  const values: unknown[] = [root]
  for (const [depth, segment] of segments.entries()) {
    const container = values[depth]
    const found = nameOf(container)
    const expected = typeof segment === 'number' ? 'array' : 'object'
    const at = depth === 0 ? '' : formatPath(segments.slice(0, depth))
    if (found !== 'undefined' && found !== expected)
      return { problem: { code: 'container-conflict', at, expected: `an ${expected}`, found } }
    if (typeof segment === 'number') {
      const length = Array.isArray(container) ? container.length : 0
      const most = length + maxIndexGap
      if (segment > most) {
        const index = { expected: `an index of at most ${most}`, found: String(segment) }
        return { problem: { code: 'index-out-of-range', at, ...index } }
      }
      filled += Math.max(0, segment - length)
    }
    values.push(ownMember(container, segment))
  }

  const leaf = change(values[segments.length])
  if (leaf.misfit) return { problem: { ...leaf.misfit, at: formatPath(segments) } }
  let data = leaf.value
  for (let depth = segments.length - 1; depth >= 0; depth--)
    data = withMember(values[depth], segments[depth], data)
  return { data, filled }
}

/** A member that a container has itself; `undefined` of anything that is no container. */
export function ownMember(container: unknown, segment: string | number): unknown {
  if (typeof container !== 'object' || container === null || !Object.hasOwn(container, segment))
    return undefined
  return Reflect.get(container, segment)
}

/** What sort of JSON a value is. */
export function nameOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function withMember(container: unknown, segment: string | number | undefined, value: unknown): unknown {
  if (typeof segment !== 'number') return { ...Object(container), [String(segment)]: value }
  const items: unknown[] = Array.isArray(container) ? container.slice() : []
  while (items.length < segment) items.push(undefined)
  items[segment] = value
  return items
}
