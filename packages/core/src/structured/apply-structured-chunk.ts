import { isObject } from '../json/is-object.ts'
import { inspectJson, type InspectedJson } from './inspect-json.ts'
import { lastingMeta } from './lasting-meta.ts'
import type { StructuredChunk } from './structured-chunk.ts'
import { structuredChunkProblem } from './structured-chunk-problem.ts'
import { resolveLimits, type StructuredLimits } from './structured-limits.ts'
import { parsePathOf } from './structured-path.ts'
import type { DeepPartial, StructuredState } from './structured-state.ts'
import { StructuredStreamError, type StructuredStreamErrorOptions } from './structured-stream-error.ts'
import { nameOf, writeAt, type LeafChange, type LeafResult } from './write-at.ts'

/**
 * Folds one chunk into the state of its stream; `undefined` is a stream that has not begun (STR-6 to STR-13). Pure:
 * containers on the path are copied, everything else keeps its identity. Throws `StructuredStreamError` for a chunk that
 * cannot be applied, which then has changed nothing. In a state with `error`, only `final` does anything.
 *
 * @example
 * let state: StructuredState<Email> | undefined
 * for await (const chunk of chunks) state = applyStructuredChunk(state, chunk)
 */
export function applyStructuredChunk<T>(
  state: StructuredState<T> | undefined,
  chunk: StructuredChunk,
  limits?: StructuredLimits,
): StructuredState<T> {
  const { maxDepth, maxIndexGap, maxTotalLength } = resolveLimits(limits)
  const value = checkShape(chunk, { maxDepth, maxLength: maxTotalLength })
  const path = chunk.kind === 'final' ? undefined : chunk.path
  const fail = (code: StructuredStreamError['code'], options: StructuredStreamErrorOptions) =>
    new StructuredStreamError(code, { streamId: chunk.streamId, path, ...options })

  if (state) {
    for (const name of ['streamId', 'dataType'] as const) {
      if (chunk[name] !== state[name])
        throw fail('stream-mismatch', { problem: `belongs to another ${name}` })
    }
    if (state.status === 'done') throw fail('after-final', { problem: 'nothing may follow "final"' })
    if (state.status === 'error' && chunk.kind !== 'final') return state
  }

  const segments = path === undefined ? [] : parsePathOf(path, chunk.streamId)
  if (segments.length + value.depth > maxDepth)
    throw fail('limit-exceeded', { problem: `is more than ${maxDepth} levels deep` })
  if (value.hasForbiddenKey)
    throw fail('forbidden-key', { problem: 'the value has a key that is not allowed' })

  const { streamId, dataType } = chunk
  const revision = (state?.revision ?? 0) + 1
  const meta = { streamId, dataType, ...lastingMeta(chunk, state), revision }
  if (chunk.kind === 'final') {
    if (value.length > maxTotalLength) throw fail('limit-exceeded', tooLong(maxTotalLength))
    // What the object is, is the word of the producer.
    return { ...meta, size: value.length, status: 'done', data: chunk.data as T }
  }

  const written = writeAt(state?.data, segments, leafChange(chunk), maxIndexGap)
  if (written.problem) throw fail(written.problem.code, written.problem)
  const size = (state?.size ?? 0) + chunk.path.length + value.length + written.filled
  if (size > maxTotalLength) throw fail('limit-exceeded', tooLong(maxTotalLength))
  // Nor does a type say what a path leads to.
  return { ...meta, size, status: 'streaming', data: written.data as DeepPartial<T> }
}

/** Text is counted as it is, values by their JSON. */
function checkShape(
  chunk: StructuredChunk,
  bounds: { readonly maxDepth: number; readonly maxLength: number },
): InspectedJson {
  if (!isObject(chunk))
    throw new StructuredStreamError('malformed-chunk', { problem: 'a chunk must be an object' })
  const { streamId } = chunk
  const wrong = structuredChunkProblem({ ...chunk })
  if (wrong) {
    throw new StructuredStreamError(wrong.code, {
      streamId: typeof streamId === 'string' ? streamId : '',
      problem: wrong.problem,
    })
  }
  if (chunk.kind === 'text-delta')
    return { problem: undefined, hasForbiddenKey: false, depth: 0, length: chunk.delta.length }
  const value = chunk.kind === 'final' ? chunk.data : chunk.kind === 'set' ? chunk.value : chunk.items
  const inspected = inspectJson(value, bounds)
  if (inspected.problem === undefined) return inspected
  throw new StructuredStreamError('malformed-chunk', {
    streamId,
    path: chunk.kind === 'final' ? undefined : chunk.path,
    problem: `the value must be JSON and holds ${inspected.problem}`,
  })
}

/** What a chunk does to the value at its path (STR-7). */
function leafChange(chunk: Exclude<StructuredChunk, { kind: 'final' }>): LeafChange {
  switch (chunk.kind) {
    case 'set':
      return () => ({ value: chunk.value })
    case 'append':
      return (value): LeafResult => {
        if (value === undefined || Array.isArray(value)) return { value: [...(value ?? []), ...chunk.items] }
        return { misfit: { code: 'append-non-array', expected: 'an array', found: nameOf(value) } }
      }
    case 'text-delta':
      return (value): LeafResult => {
        if (value === undefined || typeof value === 'string') return { value: (value ?? '') + chunk.delta }
        return { misfit: { code: 'text-delta-non-string', expected: 'a string', found: nameOf(value) } }
      }
  }
}

function tooLong(maxTotalLength: number): StructuredStreamErrorOptions {
  return { problem: `holds more than ${maxTotalLength} characters` }
}
