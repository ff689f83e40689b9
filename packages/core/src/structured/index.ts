// The chunks of one object.
export type { StructuredChunk, StructuredMeta, StructuredOp } from './structured-chunk.ts'
export { formatPath, parsePath } from './structured-path.ts'
export { applyStructuredChunk } from './apply-structured-chunk.ts'
export type { StructuredLimits } from './structured-limits.ts'
export { StructuredStreamError } from './structured-stream-error.ts'
export type { StructuredStreamErrorCode, StructuredStreamErrorOptions } from './structured-stream-error.ts'

// What is known of objects.
export { applyToStreams } from './apply-to-streams.ts'
export type { AppliedToStreams } from './apply-to-streams.ts'
export { structuredAs } from './structured-state.ts'
export { structuredSnapshot } from './structured-snapshot.ts'
export type {
  DeepPartial,
  StructuredFailure,
  StructuredState,
  StructuredStreams,
} from './structured-state.ts'

// Making chunks.
export { structuredStream } from './structured-stream.ts'
export type { StructuredStream, StructuredStreamOptions } from './structured-stream.ts'
export type { StructuredFields } from './structured-fields.ts'
export { structuredDiff } from './structured-diff.ts'
export { structuredFromPartials } from './structured-from-partials.ts'
export type { StructuredFromPartialsOptions } from './structured-from-partials.ts'
export { mergeChunks } from './merge-chunks.ts'

// All chunks of a turn.
export type {
  Chunk,
  DoneChunk,
  ErrorChunk,
  ExtensionChunk,
  InterruptChunk,
  InterruptInput,
  InterruptOption,
  MessageChunk,
  StatusChunk,
  StreamChunk,
  TextDeltaChunk,
  TextEndChunk,
  TextStartChunk,
} from './stream-chunk.ts'
export { isKnownChunk } from './chunk-problem.ts'
export { streamChunkSchema } from './stream-chunk-schema.ts'
export { applyToTexts, noTexts } from './turn-texts.ts'
export type { TurnTexts } from './turn-texts.ts'

// Reading them.
export { isTurnFailure, readStream } from './read-stream.ts'
export type { ReadStreamOptions, StreamEnd } from './read-stream.ts'
export { streamFromRoute } from './stream-from-route.ts'
export type { RouteStreamOptions } from './stream-from-route.ts'
export { consumeStream } from './consume-stream.ts'
export type { StreamHandlers } from './consume-stream.ts'
export { StreamError } from './stream-error.ts'
export type { StreamErrorCode } from './stream-error.ts'
