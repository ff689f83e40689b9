/** What one stream, or one set of streams, may hold (STR-16). */
export interface StructuredLimits {
  /** Most places that an index may leave empty before it. Default 1000. */
  readonly maxIndexGap?: number
  /** Most levels: the segments of a path and the nesting of the value. Default 64. */
  readonly maxDepth?: number
  /** Most characters: paths, text and JSON of values accepted, and 1 for each place filled in a gap. Default 4,194,304. */
  readonly maxTotalLength?: number
  /** Most streams in one `StructuredStreams`. Default 256. */
  readonly maxStreams?: number
}

/** The limits with their defaults. */
export function resolveLimits({
  maxIndexGap = 1000,
  maxDepth = 64,
  maxTotalLength = 4_194_304,
  maxStreams = 256,
}: StructuredLimits = {}): Required<StructuredLimits> {
  return { maxIndexGap, maxDepth, maxTotalLength, maxStreams }
}
