import type { JsonValue } from '../json/json-value.ts'
import { applyStructuredChunk } from './apply-structured-chunk.ts'
import type { StructuredChunk, StructuredMeta, StructuredOp } from './structured-chunk.ts'
import { structuredDiff } from './structured-diff.ts'
import { createFieldsDiff, type StructuredFields } from './structured-fields.ts'
import type { StructuredLimits } from './structured-limits.ts'
import type { StructuredState } from './structured-state.ts'

/** What a producer is for, and what every chunk of it says. */
export interface StructuredStreamOptions extends Omit<StructuredMeta, 'type'> {
  /** Streams only these paths. It is no filter for secrets: `final` carries all it is given (STR-24, STR-26). */
  readonly fields?: StructuredFields
  readonly limits?: StructuredLimits
}

/** Makes the chunks of one object; each method gives what is to be sent, in order. */
export interface StructuredStream<T = unknown> {
  readonly set: (path: string, value: JsonValue) => StructuredChunk
  readonly append: (path: string, items: readonly JsonValue[]) => StructuredChunk
  readonly textDelta: (path: string, delta: string) => StructuredChunk
  /** The chunks from what was sent to a newer partial; `complete`: nothing in it is still being written (STR-25). */
  readonly update: (partial: unknown, options?: { readonly complete?: boolean }) => StructuredChunk[]
  /** The whole object, in place of everything sent; any JSON. Ends the stream. */
  readonly final: (data: T) => StructuredChunk
  /** What a receiver has built of it; `undefined` before the first chunk. */
  readonly state: StructuredState<T> | undefined
}

/**
 * Makes chunks for one object (STR-19). It folds what it makes with the reducer of the receivers, so a mistake throws
 * `StructuredStreamError` at the call, and nothing has changed. Give each object a stream id of its own.
 *
 * @example
 * const draft = structuredStream<Email>({ streamId: 'mail-1', dataType: 'email-draft' })
 * send(draft.set('subject', 'Launch'))
 * send(draft.textDelta('body', 'Hi Ann'))
 * send(draft.final(email))
 */
export function structuredStream<T = unknown>({
  fields,
  limits,
  ...meta
}: StructuredStreamOptions): StructuredStream<T> {
  const diffFields = fields && createFieldsDiff(fields)
  let state: StructuredState<T> | undefined

  function emit(ops: readonly StructuredOp[]): StructuredChunk[] {
    const chunks = ops.map((op): StructuredChunk => ({ type: 'structured-data', ...meta, ...op }))
    let next = state
    for (const chunk of chunks) next = applyStructuredChunk(next, chunk, limits)
    state = next
    return chunks
  }

  function emitOne(op: StructuredOp): StructuredChunk {
    const chunk: StructuredChunk = { type: 'structured-data', ...meta, ...op }
    state = applyStructuredChunk(state, chunk, limits)
    return chunk
  }

  return {
    set: (path, value) => emitOne({ kind: 'set', path, value }),
    append: (path, items) => emitOne({ kind: 'append', path, items }),
    textDelta: (path, delta) => emitOne({ kind: 'text-delta', path, delta }),
    update: (partial, { complete = false } = {}) =>
      emit(diffFields ? diffFields(state?.data, partial, complete) : structuredDiff(state?.data, partial)),
    // T is JSON, which no type can say; the reducer checks.
    final: (data) => emitOne({ kind: 'final', data: data as JsonValue }),
    get state() {
      return state
    },
  }
}
