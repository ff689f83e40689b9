import type { LanguageModel, ToolSet } from 'ai'
import { wrapToolsForAgent } from '../approvals/wrap-tools-for-agent.ts'
import { sdk } from '../gateway/sdk-gateway.ts'
import { misuse, shown } from '../misuse.ts'
import { isCascade } from '../models/cascade.ts'
import { isModelSource, route, type Router } from '../models/router.ts'
import { composePrompt } from '../prompt/compose-prompt.ts'
import { inspection, type PromptInspection } from '../prompt/inspection.ts'
import { asPrompt } from '../prompt/prompt.ts'
import { resolvedPrompt } from '../prompt/resolved-prompt.ts'
import type { PromptFunction } from '../run/prompt-function.ts'
import { wrapForAgent } from '../safety/guard-session.ts'
import type { AgentOptions, ResolvedAgent } from './agent-settings.ts'

/**
 * A prompt, or its definition, as the settings of an agent (AI-74). Routers are resolved, and the model is wrapped only where guardrails
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
export const resolve: PromptFunction<'resolve'> = async (
  prompt: unknown,
  options: AgentOptions,
): Promise<ResolvedAgent> => {
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
