import type { ApprovalOptions } from './approvals/approval-options.ts'
import { liveSdkGateway, type SdkGateway } from './gateway/sdk-gateway.ts'
import type { AIGenerateOptions } from './run/call-options.ts'
import {
  createGenerateObjectFn,
  createGenerateTextFn,
  type GenerateObjectFn,
  type GenerateTextFn,
} from './run/generate-fns.ts'
import { runGenerate } from './run/generate.ts'
import type { Runtime } from './run/prepare-call.ts'
import type { PromptFunction } from './run/prompt-function.ts'
import { reportedCost, type CostOf } from './run/result-meta.ts'
import { runStream } from './run/stream.ts'
import { createEmbedding, type AIEmbeddingConfig, type Embedding } from './vectors/embedding.ts'
import { createReranker, type AIRerankerConfig, type Reranker } from './vectors/reranker.ts'

/** What the calls of an instance share. Options of a call win over these, `approval` key by key (AI-70). */
export interface CruxAiOptions {
  /** What reaches the AI SDK. Default: `liveSdkGateway()`. */
  readonly gateway?: SdkGateway | undefined
  readonly approval?: ApprovalOptions | undefined
  /** What a model call cost. Default: what OpenRouter or the Vercel AI Gateway report. */
  readonly cost?: CostOf | undefined
  /** Counts the tokens of a text, for token budgets and embeddings. Default: a quarter of its length, rounded up. */
  readonly countTokens?: ((text: string) => number) | undefined
}

/** Calls of the AI SDK with prompts, routing, guards, approvals and retries. The package's own functions are one. */
export interface CruxAi {
  /**
   * Runs a prompt to its end: the SDK's tool loop, then the judges of the answer (AI-21, AI-31). What comes back can be
   * sent back: `messages` and a user turn are the next call.
   *
   * Rejects with `CruxAIError` code `usage` for what cannot work, before a provider is asked; with
   * `ValidationExhaustedError`, `ConstraintViolationError`, `GuardrailBlockedError`, `CascadeExhaustedError`,
   * `ToolApprovalError`, a `TimeoutError`; and with errors of providers as they are. After tools have run, see
   * `settledMessages`.
   *
   * A call that needs an approval comes back with `pendingApprovals` and no object. Store those beside `messages`, where
   * only approvers can read them: without its token an approval is refused, and a lost token can only be denied (AI-56).
   *
   * @example
   * const { object, messages, _meta } = await generate(summary, { model, input: { text } })
   */
  readonly generate: PromptFunction<'generate'>
  /**
   * Streams a prompt's answer, tools included (AI-25). Nothing is read before you read: the first read of a stream or of
   * `completion` starts it, and it then runs to its end whether or not you go on reading; an abort ends it.
   *
   * No answer is asked for again: `validationRetry` only mends syntax, constraints only report, and `cascade()` is
   * refused (AI-29). Rejects for what fails before the first model call. After that every reader and `completion` get
   * the first error as it is.
   *
   * @example
   * const { textStream, completion } = await stream(chat, { model, messages })
   * for await (const text of textStream) process.stdout.write(text)
   * const { usage, messages: history } = await completion
   */
  readonly stream: PromptFunction<'stream'>
  /** Text for a prompt, as the plain function that other libraries ask for (AI-71). */
  readonly generateTextFn: GenerateTextFn
  /** An object for a prompt and a schema, the same way (AI-71). */
  readonly generateObjectFn: GenerateObjectFn
  /** Texts into vectors (AI-72). */
  readonly embedding: (config: AIEmbeddingConfig) => Embedding
  /** Hits into a better order (AI-73). */
  readonly reranker: <Hit = unknown>(config: AIRerankerConfig<Hit>) => Reranker<Hit>
}

/** An instance with a gateway, approvals, costs or a token counter of its own (AI-70). Calls nothing by itself. */
export function createCruxAi({
  gateway = liveSdkGateway(),
  approval,
  cost = reportedCost,
  countTokens,
}: CruxAiOptions = {}): CruxAi {
  const runtime: Runtime = { gateway, approval, cost, countTokens }
  const generate: PromptFunction<'generate'> = <Output>(prompt: unknown, options: AIGenerateOptions) =>
    runGenerate<Output>(runtime, prompt, options)
  const stream: PromptFunction<'stream'> = <Output>(prompt: unknown, options: AIGenerateOptions) =>
    runStream<Output>(runtime, prompt, options)
  return Object.freeze({
    generate,
    stream,
    generateTextFn: createGenerateTextFn(runtime),
    generateObjectFn: createGenerateObjectFn(runtime),
    embedding: createEmbedding({ gateway, countTokens }),
    reranker: createReranker({ gateway }),
  })
}

/** Makes instances for the AI SDK, whose own tool loop they use. */
export const aiSdkProviderRuntime = /* @__PURE__ */ Object.freeze({
  id: 'ai-sdk',
  loop: 'sdk',
  create: createCruxAi,
} as const)

/** The functions of this package are those of one instance, with the installed AI SDK. */
export const { generate, stream, generateTextFn, generateObjectFn, embedding, reranker } =
  /* @__PURE__ */ createCruxAi()
