import type { TaskPlanChunk } from '@crux/core'
import { rewriteChunks } from './rewrite-chunks.ts'
import { streamPair } from './stream-pair.ts'
import type { TaskPlanOptions } from './task-plan-options.ts'

/**
 * Adds a plan of the tool calls to a stream of UI message chunks (INJ-5). The form for AI SDK 7, for messages that are
 * stored and for streams that are resumed: what saves or copies the stream further down sees the plan. A pair for
 * `pipeThrough`, for one stream. Throws for wrong options: `invalid-id`, `out-of-scope`, `invalid-value`.
 *
 * @example
 * const ui = toUIMessageStream({ stream: result.stream, tools }).pipeThrough(taskPlanTransform({ planId: 'turn_42' }))
 */
export function taskPlanTransform<C extends { type: string }>(
  options: TaskPlanOptions = {},
): TransformStream<C, C | TaskPlanChunk> {
  return streamPair(() => rewriteChunks<C>(options))
}
