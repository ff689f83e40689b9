import type { RerankingModel } from 'ai'
import type { RerankOptions, SdkGateway } from '../gateway/sdk-gateway.ts'
import { isRecord } from '../is-record.ts'
import { checkInteger, misuse } from '../misuse.ts'
import { checkModel } from './check-model.ts'

/** What `reranker()` takes. */
export interface AIRerankerConfig<Hit = unknown> extends Pick<RerankOptions, 'maxRetries'> {
  /** Names it in errors. */
  readonly name: string
  readonly model: RerankingModel
  /** Most hits that come back; default all. */
  readonly topN?: number | undefined
  /** The text of a hit; default the hit itself if it is text, else its `text` or `content`. */
  readonly document?: ((hit: Hit) => string) | undefined
}

/** A hit in its new place. A hit that was text is in `text`. */
export type RankedHit<Hit> = Hit extends string
  ? { readonly text: string; readonly score: number }
  : Omit<Hit, 'score'> & { readonly score: number }

/** Hits into a better order. */
export interface Reranker<Hit = unknown> {
  readonly name: string
  /**
   * Copies of the hits, best first, each with its new `score`. No hits, no call.
   *
   * Throws `CruxAIError` code `usage` for a hit without text.
   */
  readonly rerank: <Given extends Hit>(asked: {
    readonly query: string
    readonly hits: readonly Given[]
    readonly abortSignal?: AbortSignal | undefined
  }) => Promise<RankedHit<Given>[]>
}

/** `reranker()` of one instance (AI-73). */
export function createReranker({ gateway }: { readonly gateway: Pick<SdkGateway, 'rerank'> }) {
  return <Hit = unknown>(config: AIRerankerConfig<Hit>): Reranker<Hit> => {
    const { name, model, topN, maxRetries, document = defaultDocument } = config
    checkModel('reranker', 'a RerankingModel', config)
    checkInteger('reranker', 'topN', topN, 1)
    checkInteger('reranker', 'maxRetries', maxRetries, 0)

    return Object.freeze<Reranker<Hit>>({
      name,
      rerank: async ({ query, hits, abortSignal }) => {
        if (hits.length === 0) return []
        const documents = hits.map((hit, index) => {
          const text = document(hit)
          if (typeof text === 'string') return text
          throw misuse('reranker', `hit ${index} has no text; pass document(hit)`)
        })
        const { ranking } = await gateway.rerank({
          model,
          query,
          documents,
          ...(topN !== undefined && { topN }),
          ...(maxRetries !== undefined && { maxRetries }),
          ...(abortSignal && { abortSignal }),
        })
        return ranking.flatMap(({ originalIndex, score }) => {
          const hit = hits[originalIndex]
          return hit === undefined ? [] : [withScore(hit, score)]
        })
      },
    })
  }
}

function withScore<Hit>(hit: Hit, score: number): RankedHit<Hit> {
  const copy = typeof hit === 'string' ? { text: hit, score } : { ...hit, score }
  // A conditional type of a type parameter cannot be checked where it is made.
  return copy as RankedHit<Hit>
}

function defaultDocument(hit: unknown): string | undefined {
  if (typeof hit === 'string') return hit
  if (!isRecord(hit)) return undefined
  return [hit['text'], hit['content']].find((text) => typeof text === 'string')
}
