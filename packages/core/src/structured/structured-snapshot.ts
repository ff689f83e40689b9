import { isObject } from '../json/is-object.ts'
import type { JsonValue } from '../json/json-value.ts'
import type { ErrorChunk } from './stream-chunk.ts'
import type { StructuredChunk, StructuredOp } from './structured-chunk.ts'
import { lastingMeta } from './lasting-meta.ts'
import { joinPath } from './structured-path.ts'
import type { StructuredState } from './structured-state.ts'

/**
 * The few chunks that bring an object to where it is, whole or not: to keep it over a reload, or to show it to somebody
 * who joins late. Folding them gives the same data and status; `revision` and `size` count from anew, and the `path` of a
 * failure is lost.
 *
 * @example
 * localStorage.setItem('drafts', JSON.stringify(items.flatMap(({ state }) => structuredSnapshot(state))))
 * // and later: useStructuredStreams({ initialChunks: JSON.parse(localStorage.getItem('drafts') ?? '[]') })
 */
export function structuredSnapshot(state: StructuredState): (StructuredChunk | ErrorChunk)[] {
  const { streamId, dataType, data } = state
  const about = { streamId, dataType, ...lastingMeta(state) }
  const meta = { type: 'structured-data', ...about } as const
  if (state.status === 'done') return [{ ...meta, kind: 'final', data: asJson(data) }]
  const chunks: (StructuredChunk | ErrorChunk)[] = opsOf(data, '').map((op) => ({ ...meta, ...op }))
  if (state.status === 'error') {
    const { code, message } = state.error
    chunks.push({ type: 'error', ...about, code, message })
  }
  return chunks
}

/** One `set` for each value that is whole. What has a gap in it, which JSON cannot tell, is made around the gap. */
function opsOf(value: unknown, path: string): StructuredOp[] {
  if (value === undefined) return []
  if (path !== '' && !hasGap(value)) return [setTo(path, value)]
  if (Array.isArray(value)) return value.flatMap((item, index) => opsOf(item, joinPath(path, index)))
  const members = Object.entries(Object(value))
  const isWhole = ([, member]: [string, unknown]) => path !== '' && !hasGap(member)
  const whole = members.filter(isWhole)
  // In one step, because one of them may have the empty key, which has no path.
  const start = whole.length > 0 ? [setTo(path, Object.fromEntries(whole))] : []
  const others = members.filter((member) => !isWhole(member))
  return [...start, ...others.flatMap(([key, member]) => opsOf(member, joinPath(path, key)))]
}

function hasGap(value: unknown): boolean {
  if (Array.isArray(value)) return value.some((item) => item === undefined || hasGap(item))
  return isObject(value) && Object.values(value).some(hasGap)
}

function setTo(path: string, value: unknown): StructuredOp {
  return { kind: 'set', path, value: asJson(value) }
}

/** A state is made of chunks, and their values are JSON. */
function asJson(value: unknown): JsonValue {
  return value as JsonValue
}
