import * as z from 'zod/mini'
import { chunkProblem } from './chunk-problem.ts'
import type { Chunk } from './stream-chunk.ts'

/**
 * Checks a chunk as the readers do (STR-28): known types have their fields, other fields are kept, and of unknown types
 * only a non-empty `type` is asked. A zod schema and a Standard Schema.
 */
export const streamChunkSchema: z.ZodMiniType<Chunk> = /* @__PURE__ */ (() =>
  z.custom<Chunk>((value) => chunkProblem(value) === undefined, {
    error: ({ input }) => chunkProblem(input) ?? 'is no chunk',
  }))()
