import type { ToolMiddleware } from '@crux/core/tool-middleware'
import type { LanguageModel, OutputInterface, StopCondition, ToolSet } from 'ai'
import type { ToolApprovalFunction } from '../approvals/approval-gate.ts'
import type { Router } from '../models/router.ts'
import type { PromptInspection } from '../prompt/inspection.ts'
import type { InputOption } from '../prompt/merged-input.ts'
import type { SdkSettings } from '../prompt/settings.ts'
import type { Guardrail } from '../safety/guardrail.ts'

/** What `resolve` takes beside the prompt; `input` is required if the prompt or a context requires a key. */
export type AgentOptions<Input = unknown> = InputOption<Input> & {
  /** A model of the AI SDK, `fallback()` or `router()`. */
  readonly model: LanguageModel | Router
  /** Tools beside the prompt's, or the names of tools that the agent has elsewhere: those only show in `inspect`. */
  readonly tools?: ToolSet | readonly string[] | undefined
  /** Most tokens of the system text; contexts with less priority are left out. Default: no limit. */
  readonly tokenBudget?: number | undefined
  readonly guardrails?: readonly Guardrail[] | undefined
  readonly toolMiddleware?: ToolMiddleware | readonly ToolMiddleware[] | undefined
}

/** Settings for `new ToolLoopAgent(settings)`. */
export interface ResolvedAgent extends SdkSettings {
  readonly instructions?: string
  readonly model: LanguageModel
  readonly tools: ToolSet
  readonly output?: OutputInterface
  readonly toolApproval?: ToolApprovalFunction
  /** Random, one a process: with it the agent refuses approvals that were made up elsewhere. */
  readonly experimental_toolApprovalSecret?: Uint8Array
  /** Ten steps. */
  readonly stopWhen: StopCondition<ToolSet>
  /** What the model would be told. Not enumerable, so that it is not spread. */
  readonly inspect: () => PromptInspection
}
