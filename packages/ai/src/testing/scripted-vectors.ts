import type { EmbeddingModel, RerankingModel } from 'ai'

type EmbeddingModelV4 = Extract<EmbeddingModel, { readonly specificationVersion: 'v4' }>
type EmbeddingCallOptions = Parameters<EmbeddingModelV4['doEmbed']>[0]
type RerankingModelV4 = Extract<RerankingModel, { readonly specificationVersion: 'v4' }>
type RerankingCallOptions = Parameters<RerankingModelV4['doRerank']>[0]

/** An embedding model that computes its vectors. */
export interface ScriptedEmbeddingModel extends EmbeddingModelV4 {
  /** What the SDK has asked for, one entry a model call, in order. */
  readonly calls: readonly EmbeddingCallOptions[]
}

/**
 * An embedding model whose vectors come from a function, so that a test decides what is close to what (AI-75). It
 * reports one token per character.
 */
export function scriptedEmbeddingModel(toVector: (text: string) => number[]): ScriptedEmbeddingModel {
  const calls: EmbeddingCallOptions[] = []
  return {
    specificationVersion: 'v4',
    provider: 'crux.scripted',
    modelId: 'scripted-embedding',
    maxEmbeddingsPerCall: undefined,
    supportsParallelCalls: true,
    calls,
    doEmbed: async (options) => {
      calls.push(options)
      const tokens = options.values.reduce((sum, { length }) => sum + length, 0)
      return { embeddings: options.values.map(toVector), usage: { tokens }, warnings: [] }
    },
  }
}

/** A reranking model that computes its ranking. */
export interface ScriptedRerankingModel extends RerankingModelV4 {
  /** What the SDK has asked for, one entry a model call, in order. */
  readonly calls: readonly RerankingCallOptions[]
}

/**
 * A reranking model whose ranking comes from a function, best first; `index` is that of the document as given (AI-75).
 */
export function scriptedRerankingModel(
  rank: (asked: {
    readonly query: string
    readonly documents: readonly unknown[]
  }) => readonly { readonly index: number; readonly score: number }[],
): ScriptedRerankingModel {
  const calls: RerankingCallOptions[] = []
  return {
    specificationVersion: 'v4',
    provider: 'crux.scripted',
    modelId: 'scripted-reranking',
    calls,
    doRerank: async (options) => {
      calls.push(options)
      const ranked = rank({ query: options.query, documents: options.documents.values }).slice(
        0,
        options.topN,
      )
      return { ranking: ranked.map(({ index, score }) => ({ index, relevanceScore: score })) }
    },
  }
}
