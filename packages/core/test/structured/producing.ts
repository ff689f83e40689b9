import {
  applyStructuredChunk,
  StructuredStreamError,
  type StructuredChunk,
  type StructuredOp,
  type StructuredState,
} from '@crux/core/structured'
import { parsePartialJson } from 'ai'

export const meta = { streamId: 's', dataType: 'thing' }
export const runs = Number(process.env['CRUX_RUNS'] ?? 30)

export function codeOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (StructuredStreamError.is(error)) return error.code
    throw error
  }
  return 'nothing was thrown'
}

/** The chunks of one stream without what they all say. */
export function opsOf(chunks: readonly StructuredChunk[]): StructuredOp[] {
  return chunks.map(({ type: _type, streamId: _id, dataType: _sort, ...op }) => op as StructuredOp)
}

/** What a receiver has built of them. */
export function foldAll(chunks: readonly StructuredChunk[]): unknown {
  let state: StructuredState | undefined
  for (const chunk of chunks) state = applyStructuredChunk(state, JSON.parse(JSON.stringify(chunk)))
  return state?.data
}

/** What the AI SDK makes of a JSON text, cut at every character. */
export async function partialsOf(text: string): Promise<unknown[]> {
  const partials: unknown[] = []
  for (let end = 1; end <= text.length; end++) {
    const { value } = await parsePartialJson(text.slice(0, end))
    if (value !== undefined) partials.push(value)
  }
  return partials
}
