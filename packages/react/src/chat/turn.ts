import {
  applyToStreams,
  applyToTexts,
  isKnownChunk,
  isTurnFailure,
  noTexts,
  type Chunk,
  type InterruptChunk,
  type StructuredLimits,
  type StructuredStreamError,
  type StructuredStreams,
  type TurnTexts,
} from '@crux/core/structured'
import { incomplete } from '../structured/apply-stream.ts'
import type { ContentPiece } from './chat-types.ts'

/** An answer while it is received: its pieces in the order of first sight. */
export interface Turn {
  /** With texts that have no characters yet. */
  readonly pieces: readonly ContentPiece[]
  readonly texts: TurnTexts
  /** Where in `pieces` each text is. */
  readonly textAt: readonly number[]
  readonly streams: StructuredStreams
  readonly streamAt: ReadonlyMap<string, number>
}

/** What folding a chunk needs. */
export interface TurnOptions {
  readonly limits: StructuredLimits | undefined
  readonly createId: () => string
}

/** A turn of which nothing has arrived. */
export const newTurn: Turn = {
  pieces: [],
  texts: noTexts,
  textAt: [],
  streams: new Map(),
  streamAt: new Map(),
}

/** Folds a chunk into a turn: the same turn if there is nothing to show. */
export function applyToTurn(
  turn: Turn,
  chunk: Chunk,
  options: TurnOptions,
): { readonly turn: Turn; readonly error: StructuredStreamError | null } {
  if (isTurnFailure(chunk))
    return { turn: addError(turn, chunk.code ?? 'error', chunk.message, options), error: null }
  if (isInterrupt(chunk)) {
    const piece = { id: options.createId(), type: 'interrupt', interrupt: chunk } as const
    return { turn: { ...turn, pieces: [...turn.pieces, piece] }, error: null }
  }
  const { streams, error } = applyToStreams(turn.streams, chunk, options.limits)
  if (streams !== turn.streams) return { turn: withStreams(turn, streams, options), error }
  const texts = isKnownChunk(chunk) ? applyToTexts(turn.texts, chunk) : turn.texts
  return { turn: texts === turn.texts ? turn : withTexts(turn, texts, options), error }
}

/** The turn with word of an error. */
export function addError(turn: Turn, code: string, message: string, { createId }: TurnOptions): Turn {
  return { ...turn, pieces: [...turn.pieces, { id: createId(), type: 'error', code, message }] }
}

/** What nobody will finish any more is broken (STR-52). */
export function closeTurn(turn: Turn, options: TurnOptions): Turn {
  let { streams } = turn
  for (const streamId of streams.keys()) streams = applyToStreams(streams, incomplete(streamId)).streams
  return streams === turn.streams ? turn : withStreams(turn, streams, options)
}

/** The pieces that can be seen. */
export function visiblePieces({ pieces }: Turn): readonly ContentPiece[] {
  return pieces.filter((piece) => piece.type !== 'text' || piece.text !== '')
}

function withTexts(turn: Turn, texts: TurnTexts, { createId }: TurnOptions): Turn {
  const pieces = [...turn.pieces]
  const textAt = [...turn.textAt]
  for (const [index, text] of texts.texts.entries()) {
    const at = textAt[index]
    const piece = at === undefined ? undefined : pieces[at]
    if (at === undefined || piece === undefined) {
      textAt[index] = pieces.length
      pieces.push({ id: createId(), type: 'text', text })
    } else if (text !== turn.texts.texts[index]) {
      pieces[at] = { id: piece.id, type: 'text', text }
    }
  }
  return { ...turn, pieces, texts, textAt }
}

function withStreams(turn: Turn, streams: StructuredStreams, { createId }: TurnOptions): Turn {
  const pieces = [...turn.pieces]
  const streamAt = new Map(turn.streamAt)
  for (const [streamId, state] of streams) {
    if (state === turn.streams.get(streamId)) continue
    const at = streamAt.get(streamId) ?? pieces.length
    streamAt.set(streamId, at)
    pieces[at] = { id: pieces[at]?.id ?? createId(), type: 'structured', state }
  }
  return { ...turn, pieces, streams, streamAt }
}

function isInterrupt(chunk: Chunk): chunk is InterruptChunk {
  return chunk.type === 'interrupt'
}
