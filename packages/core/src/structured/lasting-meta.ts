import type { StructuredMeta } from './structured-chunk.ts'

/** What a stream is known by beside its ids. */
type LastingMeta = Pick<StructuredMeta, 'id' | 'node' | 'schemaId' | 'schemaVersion'>

/** The fields that stay until a chunk brings new ones. */
export const lastingNames = ['id', 'node', 'schemaId', 'schemaVersion'] as const

/** What a chunk says of its stream, and where it is silent what was said before (STR-10). */
export function lastingMeta(
  chunk: { readonly [Name in keyof LastingMeta]?: unknown },
  before?: LastingMeta,
): LastingMeta {
  const meta: Record<string, string> = {}
  for (const name of lastingNames) {
    const value = typeof chunk[name] === 'string' ? chunk[name] : before?.[name]
    if (value !== undefined) meta[name] = value
  }
  return meta
}
