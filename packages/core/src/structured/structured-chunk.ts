import type { JsonValue } from '../json/json-value.ts'

/** Which stream a chunk belongs to, and what its object is. */
export interface StructuredMeta {
  readonly type: 'structured-data'
  /** Names one object while it is built: 1 to 256 characters. */
  readonly streamId: string
  /** What sort of object it is, such as `email-draft`. */
  readonly dataType: string
  readonly id?: string
  /** Which part of a graph or agent it comes from. */
  readonly node?: string
  readonly schemaId?: string
  readonly schemaVersion?: string
}

/** One step in the making of an object (STR-7). Paths are those of `parsePath`. */
export type StructuredOp =
  | { readonly kind: 'set'; readonly path: string; readonly value: JsonValue }
  | { readonly kind: 'append'; readonly path: string; readonly items: readonly JsonValue[] }
  | { readonly kind: 'text-delta'; readonly path: string; readonly delta: string }
  | { readonly kind: 'final'; readonly data: JsonValue }

/** What travels: a step and the stream it belongs to. */
export type StructuredChunk = StructuredMeta & StructuredOp
