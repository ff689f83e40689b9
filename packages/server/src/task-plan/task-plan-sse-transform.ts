import { rewriteBytes } from './rewrite-bytes.ts'
import { streamPair } from './stream-pair.ts'
import type { TaskPlanOptions } from './task-plan-options.ts'

/**
 * Adds a plan of the tool calls to the bytes of a UI message stream, for bodies that are at hand without their response.
 * Original bytes come out unchanged, in order and at once (INJ-100, INJ-102). A pair for `pipeThrough`, for one stream.
 * Throws for wrong options: `invalid-id`, `out-of-scope`, `invalid-value`.
 *
 * @example
 * const body = response.body.pipeThrough(taskPlanSseTransform({ planId: 'turn_42' }))
 */
export function taskPlanSseTransform(options: TaskPlanOptions = {}): TransformStream<Uint8Array, Uint8Array> {
  return streamPair(() => rewriteBytes(options))
}
