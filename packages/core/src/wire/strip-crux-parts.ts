import { stripParts, type MessageLike } from './strip-parts.ts'

/**
 * The messages without the parts that a stream writer with `persist` left in them, for `convertToModelMessages`: some
 * releases of the AI SDK make an empty assistant message of a data part that stands alone. An assistant message that
 * then holds nothing but step starts is left out; messages without such parts stay the same objects (LIVE-30).
 *
 * @example
 * const modelMessages = await convertToModelMessages(stripCruxParts(messages))
 */
export function stripCruxParts<M extends MessageLike>(messages: readonly M[]): M[] {
  return stripParts(messages, ['data-crux'])
}
