import type { ToolMiddleware } from '@crux/core/tool-middleware'
import type { LanguageModel, OutputInterface, StopCondition, ToolSet } from 'ai'
import type { ToolApprovalFunction } from '../approvals/approval-gate.ts'
import { wrapToolsForAgent } from '../approvals/wrap-tools-for-agent.ts'
import { sdk } from '../gateway/sdk-gateway.ts'
import { misuse, shown } from '../misuse.ts'
import { isCascade } from '../models/cascade.ts'
import { isModelSource, route, type Router } from '../models/router.ts'
import { composePrompt } from '../prompt/compose-prompt.ts'
import { inspection, type PromptInspection } from '../prompt/inspection.ts'
import type { InputOption } from '../prompt/merged-input.ts'
import type { Prompt } from '../prompt/prompt-value.ts'
import { asPrompt } from '../prompt/prompt.ts'
import { resolvedPrompt } from '../prompt/resolved-prompt.ts'
import type { SdkSettings } from '../prompt/settings.ts'
import type { Guardrail } from '../safety/guardrail.ts'
import { wrapForAgent } from '../safety/guard-session.ts'

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

/**
 * A prompt as the settings of an agent (AI-74). Routers are resolved, and the model is wrapped only where guardrails
 * need it; the prompt's turns are left to the agent's callers.
 *
 * The agent owns its loop: constraints, retries of wrong answers, token approvals and the limits of `generate` do not
 * apply. Approvals are the SDK's own: one that was made up fails in the process that did not ask, one that is sent twice
 * runs twice. Input guards look at every user turn of every model call.
 *
 * Throws `CruxAIError` code `usage`, for a `cascade()` too: it needs full results.
 *
 * @example
 * const agent = new ToolLoopAgent(await resolve(helper, { model: fallback(a, b) }))
 */
export async function resolve<Input, Output = never>(
  prompt: Prompt<Input, Output>,
  options: AgentOptions<Input>,
): Promise<ResolvedAgent> {
  const { config } = asPrompt('resolve', prompt)
  const { tools: givenTools, ...rest } = options
  const named = isNames(givenTools) ? givenTools : []
  const composition = await composePrompt('resolve', config, {
    ...rest,
    tools: isNames(givenTools) ? undefined : givenTools,
  })
  const model = await modelOf(options.model, composition.input)
  const { promptId, guardrails, toolMiddleware } = composition
  const { messages: _turns, ...settings } = resolvedPrompt(composition).call
  const { tools, toolApproval } = wrapToolsForAgent(composition.tools, toolMiddleware)
  const agent = {
    ...settings,
    model: wrapForAgent(model, guardrails, { promptId }),
    tools,
    ...(toolApproval && { toolApproval, experimental_toolApprovalSecret: approvalSecret() }),
    stopWhen: sdk().isStepCount(10),
  }
  const seen = inspection(composition)
  const inspect = (): PromptInspection => ({ ...seen, tools: [...seen.tools, ...named] })
  return Object.defineProperty({ ...agent, inspect }, 'inspect', { enumerable: false })
}

async function modelOf(source: LanguageModel | Router, input: unknown): Promise<LanguageModel> {
  if (!isModelSource(source)) {
    throw misuse('resolve', `model must be a LanguageModel, fallback() or router(), got ${shown(source)}`)
  }
  const { target } = await route(source, input)
  if (isCascade(target)) throw misuse('resolve', 'cascade() needs full results; use generate()')
  return target
}

function isNames(tools: ToolSet | readonly string[] | undefined): tools is readonly string[] {
  return Array.isArray(tools)
}

let secret: Uint8Array | undefined

function approvalSecret(): Uint8Array {
  return (secret ??= crypto.getRandomValues(new Uint8Array(32)))
}
