import type { LanguageModel } from 'ai'

/** A language model of provider specification 4, which AI SDK 7 calls. */
export type LanguageModelV4 = Extract<LanguageModel, { readonly specificationVersion: 'v4' }>

/** What the SDK asks a model for. */
export type ModelCallOptions = Parameters<LanguageModelV4['doGenerate']>[0]

/** What a model answers all at once. */
export type ModelResult = Awaited<ReturnType<LanguageModelV4['doGenerate']>>

/** What a model answers piece by piece. */
export type ModelStreamResult = Awaited<ReturnType<LanguageModelV4['doStream']>>

/** One piece of a streamed answer. */
export type ModelStreamPart = ModelStreamResult['stream'] extends ReadableStream<infer Part> ? Part : never
