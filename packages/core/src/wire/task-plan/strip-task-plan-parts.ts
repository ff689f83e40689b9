import { stripParts, type MessageLike } from '../strip-parts.ts'

/**
 * The messages without the parts that hold task plans, for `convertToModelMessages`: some releases of the AI SDK make
 * an empty assistant message of a data part that stands alone. A message that then holds nothing but step starts is
 * left out. Messages without such parts stay the same objects.
 *
 * @example
 * const modelMessages = await convertToModelMessages(stripTaskPlanParts(messages))
 */
export function stripTaskPlanParts<M extends MessageLike>(messages: readonly M[]): M[] {
  return stripParts(messages, ['data-agent-task-plan', 'data-agent-task-update'])
}
