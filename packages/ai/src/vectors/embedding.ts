import type { EmbeddingModel } from 'ai'
import { EmbeddingDimensionError } from '../errors.ts'
import type { EmbedManyOptions, SdkGateway } from '../gateway/sdk-gateway.ts'
import { checkInteger, misuse } from '../misuse.ts'
import { checkModel } from './check-model.ts'

/** What `embedding()` takes. */
export interface AIEmbeddingConfig extends Pick<
  EmbedManyOptions,
  'maxRetries' | 'headers' | 'providerOptions'
> {
  /** Names it in errors. */
  readonly name: string
  readonly model: EmbeddingModel
  /** Length of every vector; one of another length is an error, because it fits no index. */
  readonly dimensions: number
  /** What the model takes. Checked before any call only where `createCruxAi` has a `countTokens`. */
  readonly maxInputTokens: number
  readonly batch?: {
    /** Texts a call of the SDK; default 100. */
    readonly maxSize?: number | undefined
    /** Calls of the SDK at once; default 1. */
    readonly concurrency?: number | undefined
  }
  /** Requests at once within one call of the SDK, for models that take fewer texts than a batch has; default 1. */
  readonly maxParallelCalls?: number | undefined
}

/** Tokens that the provider counted; `undefined` where it reports none. */
export interface EmbeddingUsage {
  readonly tokens: number | undefined
}

/** Texts into vectors. */
export interface Embedding {
  readonly name: string
  readonly dimensions: number
  readonly maxInputTokens: number
  readonly embed: (
    text: string,
    options?: { readonly abortSignal?: AbortSignal | undefined },
  ) => Promise<{ readonly embedding: number[]; readonly usage: EmbeddingUsage }>
  /** Vectors in the order of the texts. No texts, no call. The first error ends the other batches. */
  readonly embedMany: (
    texts: readonly string[],
    options?: { readonly abortSignal?: AbortSignal | undefined },
  ) => Promise<{ readonly embeddings: number[][]; readonly usage: EmbeddingUsage }>
}

/** What an embedding calls. */
interface EmbeddingEnv {
  readonly gateway: Pick<SdkGateway, 'embedMany'>
  readonly countTokens?: ((text: string) => number) | undefined
}

/** `embedding()` of one instance: batches in parallel, vectors of a known length (AI-72). */
export function createEmbedding({ gateway, countTokens }: EmbeddingEnv) {
  return (config: AIEmbeddingConfig): Embedding => {
    const { name, model, dimensions, maxInputTokens, batch = {}, maxParallelCalls = 1, ...passedOn } = config
    const { maxSize = 100, concurrency = 1 } = batch
    checkConfig(config)

    function checkLengths(caller: string, texts: readonly string[]): void {
      if (countTokens === undefined) return
      for (const [index, text] of texts.entries()) {
        const tokens = countTokens(text)
        if (tokens <= maxInputTokens) continue
        throw misuse(
          caller,
          `text ${index} has ${tokens} tokens, more than the ${maxInputTokens} of "${name}"; split it`,
        )
      }
    }

    async function embedBatch(texts: readonly string[], start: number, abortSignal: AbortSignal) {
      const values = texts.slice(start, start + maxSize)
      const { embeddings, usage } = await gateway.embedMany({
        ...passedOn,
        model,
        values,
        // By default the SDK sends all its requests at once (AI-99).
        maxParallelCalls,
        abortSignal,
      })
      for (const [index, { length: actual }] of embeddings.entries()) {
        if (actual === dimensions) continue
        throw new EmbeddingDimensionError({
          embedding: name,
          index: start + index,
          expected: dimensions,
          actual,
        })
      }
      return { embeddings, tokens: usage.tokens }
    }

    async function embedAll(texts: readonly string[], abortSignal: AbortSignal | undefined) {
      const failed = new AbortController()
      const signal = AbortSignal.any([failed.signal, ...(abortSignal ? [abortSignal] : [])])
      const starts = Array.from({ length: Math.ceil(texts.length / maxSize) }, (_, index) => index * maxSize)
      const batches: Awaited<ReturnType<typeof embedBatch>>[] = []
      const waiting = starts.entries()
      const work = async () => {
        // One iterator for all workers: each takes the next batch that nobody has.
        for (const [index, start] of waiting) {
          signal.throwIfAborted()
          batches[index] = await embedBatch(texts, start, signal)
        }
      }
      try {
        await Promise.all(Array.from({ length: Math.min(concurrency, starts.length) }, work))
      } catch (error) {
        failed.abort(error)
        throw error
      }
      return { embeddings: batches.flatMap(({ embeddings }) => embeddings), usage: sum(batches) }
    }

    return Object.freeze<Embedding>({
      name,
      dimensions,
      maxInputTokens,
      embed: async (text, { abortSignal } = {}) => {
        checkLengths('embed', [text])
        const { embeddings, usage } = await embedAll([text], abortSignal)
        return { embedding: embeddings[0] ?? [], usage }
      },
      embedMany: async (texts, { abortSignal } = {}) => {
        checkLengths('embedMany', texts)
        return embedAll(texts, abortSignal)
      },
    })
  }
}

function checkConfig(config: AIEmbeddingConfig) {
  const { dimensions, maxInputTokens, batch, maxRetries, maxParallelCalls } = config
  checkModel('embedding', 'an EmbeddingModel', config)
  for (const [name, value] of Object.entries({ dimensions, maxInputTokens })) {
    if (value === undefined) throw misuse('embedding', `${name} is missing`)
    checkInteger('embedding', name, value, 1)
  }
  checkInteger('embedding', 'batch.maxSize', batch?.maxSize, 1)
  checkInteger('embedding', 'batch.concurrency', batch?.concurrency, 1)
  checkInteger('embedding', 'maxRetries', maxRetries, 0)
  checkInteger('embedding', 'maxParallelCalls', maxParallelCalls, 1)
}

/** What was reported. The SDK gives `NaN` for what was not. */
function sum(batches: readonly { readonly tokens: number | undefined }[]): EmbeddingUsage {
  const reported = batches.flatMap(({ tokens }) => (Number.isFinite(tokens) ? [Number(tokens)] : []))
  const isUnknown = reported.length === 0 && batches.length > 0
  return { tokens: isUnknown ? undefined : reported.reduce((total, tokens) => total + tokens, 0) }
}
