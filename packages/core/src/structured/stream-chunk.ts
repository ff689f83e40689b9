import type { JsonObject, JsonValue } from '../json/json-value.ts'
import type { StructuredChunk } from './structured-chunk.ts'

/** Which text or part of a graph a chunk belongs to; both are optional everywhere but on `done`. */
interface ChunkOrigin {
  readonly id?: string
  readonly node?: string
}

/** A whole text, shown only where the same text did not come in deltas (STR-30). */
export interface MessageChunk extends ChunkOrigin {
  readonly type: 'message'
  readonly content: string
}

/** Opens a text. Optional: the first delta opens one too. */
export interface TextStartChunk extends ChunkOrigin {
  readonly type: 'text-start'
}

/** More of the open text of its key (STR-29). */
export interface TextDeltaChunk extends ChunkOrigin {
  readonly type: 'text-delta'
  readonly delta: string
}

/** Closes a text: what comes next for its key begins a new one. */
export interface TextEndChunk extends ChunkOrigin {
  readonly type: 'text-end'
}

/** One of the answers that a user may choose. */
export interface InterruptOption {
  readonly id: string
  readonly label: string
  readonly description?: string
}

/** What is asked of the user; choices need options. */
export interface InterruptInput {
  readonly kind: 'text' | 'choice' | 'multi-choice'
  readonly question?: string
  readonly options?: readonly InterruptOption[]
}

/** The turn waits for the user, who answers with the token. */
export interface InterruptChunk extends ChunkOrigin {
  readonly type: 'interrupt'
  readonly requestId: string
  readonly resumeToken: string
  readonly input: InterruptInput
  readonly meta?: JsonObject
}

/** A line about progress that is never stored. */
export interface StatusChunk extends ChunkOrigin {
  readonly type: 'status'
  readonly message: string
}

/** With `streamId`: that structured stream failed. Otherwise the turn has a problem. */
export interface ErrorChunk extends ChunkOrigin {
  readonly type: 'error'
  readonly message: string
  readonly code?: string
  readonly streamId?: string
  readonly dataType?: string
}

/** The turn succeeded. */
export interface DoneChunk {
  readonly type: 'done'
  readonly data?: JsonValue
}

/** A chunk whose type is known here. */
export type StreamChunk =
  | MessageChunk
  | TextStartChunk
  | TextDeltaChunk
  | TextEndChunk
  | StructuredChunk
  | InterruptChunk
  | StatusChunk
  | ErrorChunk
  | DoneChunk

/**
 * A chunk of an application's own, which is passed on untouched. Its type has a dot, so that a comparison with a known
 * name narrows; while a program runs, any other type that is not empty passes too (STR-28).
 */
export interface ExtensionChunk {
  readonly type: `${string}.${string}`
  readonly [key: string]: unknown
}

/** Whatever may travel in a turn. */
export type Chunk = StreamChunk | ExtensionChunk
