import type { StructuredMeta } from './structured-chunk.ts'

/** An object of which anything may still be missing, at any depth. */
export type DeepPartial<T> = T extends readonly (infer Item)[]
  ? readonly (DeepPartial<Item> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: DeepPartial<T[Key]> }
    : T

/** Why a stream broke. */
export interface StructuredFailure {
  readonly code: string
  readonly message: string
  readonly path?: string
}

/** What is known of one object: how far it is, and how it stands. */
export type StructuredState<T = unknown> = Omit<StructuredMeta, 'type'> & {
  /** Counts the changes of the state, from 1. */
  readonly revision: number
  /** What `maxTotalLength` limits, in characters. */
  readonly size: number
} & (
    | { readonly status: 'streaming'; readonly data: DeepPartial<T> | undefined }
    | { readonly status: 'done'; readonly data: T }
    | {
        readonly status: 'error'
        readonly data: DeepPartial<T> | undefined
        readonly error: StructuredFailure
      }
  )

/** The streams of a turn by their ids, in the order in which they were first seen. */
export type StructuredStreams = ReadonlyMap<string, StructuredState>

/** The same state with the type of its object, if it is of that sort; nothing about the object is checked (STR-18). */
export function structuredAs<T>(state: StructuredState, dataType: string): StructuredState<T> | undefined {
  // Only the producer knows the type; `dataType` is its word for it.
  return state.dataType === dataType ? (state as StructuredState<T>) : undefined
}
