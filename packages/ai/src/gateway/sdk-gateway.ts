import * as ai from 'ai'
import { CruxAIError } from '../errors.ts'

/**
 * The four functions of the AI SDK that reach a provider; arguments and results are the SDK's own (AI-70). A gateway of
 * one's own puts a recorder, a queue or a test double in front of every call.
 */
export interface SdkGateway {
  readonly generateText: (options: GenerateTextOptions) => Promise<GenerateTextResult>
  readonly streamText: (options: StreamTextOptions) => StreamTextResult
  readonly embedMany: (options: EmbedManyOptions) => Promise<EmbedManyResult>
  readonly rerank: (options: RerankOptions) => Promise<RerankResult>
}

/** What the SDK's `generateText` takes. */
export type GenerateTextOptions = Parameters<typeof ai.generateText>[0]
/** What it resolves to. */
export type GenerateTextResult = Awaited<ReturnType<typeof ai.generateText>>
/** What the SDK's `streamText` takes. */
export type StreamTextOptions = Parameters<typeof ai.streamText>[0]
/** What it returns. */
export type StreamTextResult = ReturnType<typeof ai.streamText>
/** What the SDK's `embedMany` takes. */
export type EmbedManyOptions = Parameters<typeof ai.embedMany>[0]
/** What it resolves to. */
export type EmbedManyResult = Awaited<ReturnType<typeof ai.embedMany>>
/** What the SDK's `rerank` takes. */
export type RerankOptions = Parameters<typeof ai.rerank>[0]
/** What it resolves to. */
export type RerankResult = Awaited<ReturnType<typeof ai.rerank>>

/**
 * The installed AI SDK. No other file loads it, and nothing of it is touched before the first call, so that importing
 * this package beside an older one does not fail (AI-4, AI-5).
 *
 * Throws `CruxAIError` code `usage` where it is older than 7.
 */
export function sdk(): typeof ai {
  // `stepCountIs` is in all three majors; this name came with 7.
  if ('isStepCount' in ai) return ai
  throw new CruxAIError(
    'usage',
    '@crux/ai needs AI SDK 7 (peer ai ^7), found an older one; on AI SDK 5 and 6 only @crux/ai/stream works',
  )
}

/** The gateway that calls the installed AI SDK. */
export function liveSdkGateway(): SdkGateway {
  return {
    generateText: (options) => sdk().generateText(options),
    streamText: (options) => sdk().streamText(options),
    embedMany: (options) => sdk().embedMany(options),
    rerank: (options) => sdk().rerank(options),
  }
}
