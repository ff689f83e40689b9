import type { StructuredChunk, StructuredMeta, StructuredOp } from '@crux/core/structured'

/** A chunk of the stream `s`, with whatever a test wants to be different. */
export function chunk(op: StructuredOp, meta: Partial<StructuredMeta> = {}): StructuredChunk {
  return { type: 'structured-data', streamId: 's', dataType: 'thing', ...meta, ...op }
}

/** Anything as a chunk, as it may come off a wire. */
export function broken(fields: Readonly<Record<string, unknown>>): StructuredChunk {
  // That it is none is the point.
  return {
    type: 'structured-data',
    streamId: 's',
    dataType: 'thing',
    ...fields,
  } as unknown as StructuredChunk
}
