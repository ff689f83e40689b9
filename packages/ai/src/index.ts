// What a model is told
export { prompt } from './prompt/prompt.ts'
export { context, match, when } from './prompt/context.ts'
export type { PromptDefinition } from './prompt/definition.ts'
export type { Prompt, ResolveOptions } from './prompt/prompt-value.ts'
export type { Context, ContextDefinition, ContextLike, UseEntry } from './prompt/use.ts'
export type { MergedInput } from './prompt/merged-input.ts'
export type { ResolvedPrompt } from './prompt/resolved-prompt.ts'
export type { PromptInspection } from './prompt/inspection.ts'
export type { CallSettings } from './prompt/settings.ts'

// Calls of a model
export {
  aiSdkProviderRuntime,
  createCruxAi,
  embedding,
  generate,
  generateObjectFn,
  generateTextFn,
  reranker,
  stream,
} from './create-crux-ai.ts'
export { settledMessages } from './settle/settled-messages.ts'
export type { CruxAi, CruxAiOptions } from './create-crux-ai.ts'
export type { AIGenerateOptions, AIStreamOptions, ValidationRetry } from './run/call-options.ts'
export type {
  CruxStreamExtensions,
  GenerateMeta,
  GenerateReturn,
  ObjectStreamResult,
  StreamMeta,
  StreamReturn,
  TextStreamResult,
} from './run/result-types.ts'
export type {
  GenerateObjectFn,
  GenerateObjectFnOptions,
  GenerateTextFn,
  GenerateTextFnOptions,
} from './run/generate-fns.ts'
export type { AIEmbeddingConfig, Embedding, EmbeddingUsage } from './vectors/embedding.ts'
export type { AIRerankerConfig, RankedHit, Reranker } from './vectors/reranker.ts'

// Which model answers
export { cascade } from './models/cascade.ts'
export type { Cascade, CascadeBudget, CascadeTier, TierFacts, TierResult } from './models/cascade.ts'
export { fallback } from './models/fallback.ts'
export { router } from './models/router.ts'
export type { ErrorCategory } from './models/classify-error.ts'
export type { FallbackAttempt, FallbackMeta, FallbackOptions } from './models/fallback-plan.ts'
export type { HintedRouter, KeyedRouter, ModelSource, Router, RouterMeta } from './models/router.ts'

// What may go in and come out
export { constraint } from './safety/constraint.ts'
export { guardrail } from './safety/guardrail.ts'
export type { Constraint, ConstraintOptions, ConstraintResult } from './safety/constraint.ts'
export type { GuardContext, Guardrail, GuardResult } from './safety/guardrail.ts'
export type { GuardEntry } from './safety/guard-verdict.ts'

// What runs around tools
export { approvalMiddleware, ToolApprovalError, toolMiddleware } from '@crux/core/tool-middleware'
export type { PendingApproval } from '@crux/core/tool-middleware'
export type { ApprovalOptions } from './approvals/approval-options.ts'

// The AI SDK behind it
export { liveSdkGateway } from './gateway/sdk-gateway.ts'
export type { SdkGateway } from './gateway/sdk-gateway.ts'

// What goes wrong
export {
  CascadeExhaustedError,
  ConstraintViolationError,
  CruxAIError,
  EmbeddingDimensionError,
  GuardrailBlockedError,
  ValidationExhaustedError,
} from './errors.ts'
export type { CruxAIErrorCode } from './error-code.ts'
