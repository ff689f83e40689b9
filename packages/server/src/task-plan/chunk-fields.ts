/** A chunk as far as it is known: an object with a type. */
export type ChunkFields = Readonly<Record<string, unknown>> & { readonly type: string }

/** The chunk as fields to look at; `undefined` for what is no object with a text `type`. */
export function readChunk(chunk: unknown): ChunkFields | undefined {
  if (typeof chunk !== 'object' || chunk === null) return undefined
  return 'type' in chunk && typeof chunk.type === 'string'
    ? // Any object may be read as one with unknown fields, and the line above knows the type.
      (chunk as ChunkFields)
    : undefined
}

/** A text that is not empty, such as an id; `undefined` for anything else. */
export function readText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
