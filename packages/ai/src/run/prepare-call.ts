import type { LanguageModel, ModelMessage } from 'ai'
import { mergeApproval, type ApprovalOptions } from '../approvals/approval-options.ts'
import { startTools, type ToolSession } from '../approvals/start-tools.ts'
import type { SdkGateway } from '../gateway/sdk-gateway.ts'
import type { Cascade } from '../models/cascade.ts'
import { route, type RouterMeta } from '../models/router.ts'
import { composePrompt, type Composition } from '../prompt/compose-prompt.ts'
import type { Prompt } from '../prompt/prompt-value.ts'
import { startGuards, type GuardSession } from '../safety/guard-session.ts'
import { checkActiveTools, type AIGenerateOptions } from './call-options.ts'
import type { CostOf } from './result-meta.ts'

/** What an instance brings to all its calls. */
export interface Runtime {
  readonly gateway: SdkGateway
  readonly approval: ApprovalOptions | undefined
  readonly cost: CostOf
  readonly countTokens: ((text: string) => number) | undefined
}

/** A call up to its first model call. */
export interface PreparedCall {
  readonly composition: Composition
  readonly guards: GuardSession | undefined
  readonly tools: ToolSession
  /** The turns behind the input guards. */
  readonly messages: readonly ModelMessage[]
  readonly target: LanguageModel | Cascade
  readonly router: RouterMeta | undefined
}

/**
 * Composes the prompt, checks what needs it composed, runs the input guards and chooses the model, in this order.
 * Rejects before any model is called; the router's own `classify` may call one.
 */
export async function prepareCall(
  caller: 'generate' | 'stream',
  prompt: Prompt,
  options: AIGenerateOptions,
  { approval, countTokens }: Runtime,
): Promise<PreparedCall> {
  // Copied: the caller's list may grow while the call runs, and what was looked at has to be what is sent.
  const messages = options.messages && [...options.messages]
  const composition = await composePrompt(caller, prompt.config, { ...options, messages }, { countTokens })
  checkActiveTools(caller, options.activeTools, composition.tools)
  const { promptId, input } = composition
  const tools = startTools({
    caller,
    tools: composition.tools,
    middleware: composition.toolMiddleware,
    toolApproval: options.toolApproval,
    approval: mergeApproval(approval, options.approval),
    promptId,
  })
  const guards = startGuards(composition.guardrails, { promptId })
  const turns = guards ? await guards.checkInput(composition.messages) : composition.messages
  const { target, meta } = await route(options.model, input)
  return { composition, guards, tools, messages: turns, target, router: meta }
}
