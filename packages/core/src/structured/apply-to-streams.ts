import { isObject } from '../json/is-object.ts'
import { applyStructuredChunk } from './apply-structured-chunk.ts'
import { lastingMeta } from './lasting-meta.ts'
import type { StructuredChunk } from './structured-chunk.ts'
import { isStreamId } from './structured-chunk-problem.ts'
import { resolveLimits, type StructuredLimits } from './structured-limits.ts'
import type { StructuredFailure, StructuredState, StructuredStreams } from './structured-state.ts'
import { StructuredStreamError } from './structured-stream-error.ts'

/** The streams after a chunk, and what was wrong with it. */
export interface AppliedToStreams {
  /** The same map if nothing changed. */
  readonly streams: StructuredStreams
  readonly error: StructuredStreamError | null
}

/**
 * Folds a chunk of any type into the streams of a turn; never throws for what a chunk can hold (STR-17). A bad chunk
 * breaks its own stream and no other: the stream keeps its last good data and its first error. An `error` chunk with a
 * `streamId` does the same to its stream. Chunks of other types change nothing.
 */
export function applyToStreams(
  streams: StructuredStreams,
  chunk: unknown,
  limits?: StructuredLimits,
): AppliedToStreams {
  if (!isObject(chunk)) {
    return {
      streams,
      error: new StructuredStreamError('malformed-chunk', { problem: 'a chunk must be an object' }),
    }
  }
  const { type, streamId } = chunk
  if (type === 'error') return applyErrorChunk(streams, chunk, limits)
  if (type !== 'structured-data') return { streams, error: null }

  const state = isStreamId(streamId) ? streams.get(streamId) : undefined
  try {
    // What it lacks to be one is found out by the reducer.
    const next = applyStructuredChunk(state, chunk as unknown as StructuredChunk, limits)
    return withStream(streams, next, limits)
  } catch (thrown) {
    const error = asStructuredError(thrown, streamId)
    const { code, message, path } = error
    const failure = { code, message, ...(path !== undefined && { path }) }
    return { streams: withFailure(streams, chunk, failure, limits).streams, error }
  }
}

function applyErrorChunk(
  streams: StructuredStreams,
  chunk: Readonly<Record<string, unknown>>,
  limits: StructuredLimits | undefined,
): AppliedToStreams {
  const { code, message } = chunk
  return withFailure(
    streams,
    chunk,
    {
      code: typeof code === 'string' ? code : 'error',
      message: typeof message === 'string' ? message : 'The stream failed.',
    },
    limits,
  )
}

const nothing = { revision: 0, size: 0, status: 'streaming', data: undefined } as const

/** Sets the stream that a chunk names to `error`, unless it is over; makes it if the chunk says what it would be. */
function withFailure(
  streams: StructuredStreams,
  chunk: Readonly<Record<string, unknown>>,
  error: StructuredFailure,
  limits: StructuredLimits | undefined,
): AppliedToStreams {
  const { streamId, dataType } = chunk
  if (!isStreamId(streamId)) return { streams, error: null }
  const unseen =
    typeof dataType === 'string' ? { streamId, dataType, ...lastingMeta(chunk), ...nothing } : undefined
  const before = streams.get(streamId) ?? unseen
  if (before?.status !== 'streaming') return { streams, error: null }
  const next: StructuredState = { ...before, revision: before.revision + 1, status: 'error', error }
  return withStream(streams, next, limits)
}

function withStream(
  streams: StructuredStreams,
  state: StructuredState,
  limits: StructuredLimits | undefined,
): AppliedToStreams {
  const { streamId } = state
  const known = streams.get(streamId)
  if (known === state) return { streams, error: null }
  const { maxStreams } = resolveLimits(limits)
  if (!known && streams.size >= maxStreams) {
    const problem = `would be one more than ${maxStreams} streams`
    return { streams, error: new StructuredStreamError('limit-exceeded', { streamId, problem }) }
  }
  return { streams: new Map(streams).set(streamId, state), error: null }
}

/** A getter or a proxy may throw anything. */
function asStructuredError(thrown: unknown, streamId: unknown): StructuredStreamError {
  if (StructuredStreamError.is(thrown)) return thrown
  return new StructuredStreamError('malformed-chunk', {
    streamId: isStreamId(streamId) ? streamId : '',
    problem: 'it cannot be read',
    cause: thrown,
  })
}
