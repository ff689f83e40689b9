import type { ToolMiddleware } from '@crux/core/tool-middleware'
import type { FlexibleSchema, ModelMessage, ToolSet } from 'ai'
import { checkInteger, misuse } from '../misuse.ts'
import { mergeByName } from '../safety/by-name.ts'
import type { Constraint } from '../safety/constraint.ts'
import type { Guardrail } from '../safety/guardrail.ts'
import { checkTools } from './check-owners.ts'
import { promptName, type PromptDefinition } from './definition.ts'
import { estimateTokens, fitBudget, joinParts, type Part } from './fit-budget.ts'
import { collectOwners, isContext } from './owners.ts'
import { readInput } from './read-input.ts'
import { type CallSettings, type SdkSettings, sdkSettings } from './settings.ts'
import { callWithInput, textOf } from './text-of.ts'
import type { Text } from './use.ts'
import { userTurns } from './user-turns.ts'

/** What a call adds to a prompt. */
export interface ComposeOptions extends CallSettings {
  readonly input?: unknown
  /** A history; it takes the place of the prompt's own turns. */
  readonly messages?: readonly ModelMessage[] | undefined
  readonly tools?: ToolSet | undefined
  readonly toolMiddleware?: ToolMiddleware | readonly ToolMiddleware[] | undefined
  readonly constraints?: readonly Constraint[] | undefined
  readonly guardrails?: readonly Guardrail[] | undefined
  readonly tokenBudget?: number | undefined
}

/** A prompt with its input put in: what the model gets, what was left out, and the policies of the call. */
export interface Composition {
  readonly promptId: string | undefined
  /** Merged and validated. */
  readonly input: unknown
  /** The system text, in parts. */
  readonly parts: readonly Part[]
  readonly dropped: readonly Part[]
  readonly excluded: readonly { readonly source: string; readonly reason: 'when' | 'match' | 'empty' }[]
  readonly overBudget: boolean
  readonly countTokens: (text: string) => number
  readonly instructions: string | undefined
  /** Never with a system turn. */
  readonly messages: readonly ModelMessage[]
  readonly tools: ToolSet
  readonly outputSchema: FlexibleSchema | undefined
  readonly settings: SdkSettings
  /** The prompt's, then the call's: the last one is outermost (AI-51). */
  readonly toolMiddleware: readonly ToolMiddleware[]
  readonly constraints: readonly Constraint[]
  readonly guardrails: readonly Guardrail[]
}

/**
 * Puts the input into a prompt. No model is called (AI-6).
 *
 * Rejects with code `usage` for invalid input, a clash of tools, no user turn; with what a predicate or a text of the
 * prompt throws, as it is.
 */
export async function composePrompt(
  caller: string,
  definition: PromptDefinition<never>,
  options: ComposeOptions,
  { countTokens = estimateTokens }: { readonly countTokens?: ((text: string) => number) | undefined } = {},
): Promise<Composition> {
  const { id: promptId, use = [], output, settings } = definition
  checkInteger(caller, 'tokenBudget', options.tokenBudget, 1)
  const name = promptName(promptId)
  const owners = collectOwners(caller, use)
  const { input, included, excluded } = await readInput(caller, definition.input, owners, options.input)

  const own = await systemText(caller, name, definition.system, input)
  const contexts = await Promise.all(
    included.map(async (owner) => {
      const label = `context ${owner.name}`
      return { ...owner, label, text: await systemText(caller, label, owner.config.system, input) }
    }),
  )
  const turns = await userTurns(caller, definition, options.messages, input)
  const all: Part[] = [
    { source: name, text: own, priority: undefined },
    ...contexts.map(({ label, text, source }) => ({ source: label, text, priority: source.priority ?? 50 })),
    ...turns.system.map((text) => ({ source: `${name} messages`, text, priority: undefined })),
  ]
  const { kept, dropped, overBudget } = fitBudget(
    all.filter(({ text }) => text !== ''),
    options.tokenBudget,
    countTokens,
  )

  const toolSets = [
    ...contexts.map(({ label, config }) => ({ name: label, tools: toolsOf(config.tools, input) })),
    { name, tools: toolsOf(definition.tools, input) },
  ]
  checkTools(caller, toolSets)

  return {
    promptId,
    input,
    parts: kept,
    dropped,
    excluded: [
      ...excluded.map(({ owner, reason }) => ({ source: `context ${owner.name}`, reason })),
      ...contexts
        .filter(({ source, text }) => !isContext(source) && text === '')
        .map(({ label }) => ({ source: label, reason: 'empty' as const })),
    ],
    overBudget,
    countTokens,
    instructions: kept.length > 0 ? joinParts(kept) : undefined,
    messages: turns.messages,
    tools: Object.assign({}, ...toolSets.map(({ tools }) => tools), options.tools),
    outputSchema: output,
    settings: sdkSettings(settings, options),
    toolMiddleware: [definition.toolMiddleware ?? [], options.toolMiddleware ?? []].flat(),
    // All contexts are one scope: two that bring a guard of one name bring two guards (AI-35, AI-45).
    constraints: mergeByName(
      contexts.flatMap(({ config }) => config.constraints ?? []),
      definition.constraints,
      options.constraints,
    ),
    guardrails: mergeByName(
      contexts.flatMap(({ config }) => config.guardrails ?? []),
      definition.guardrails,
      options.guardrails,
    ),
  }
}

async function systemText(
  caller: string,
  source: string,
  system: Text<never> | undefined,
  input: unknown,
): Promise<string> {
  const text = await textOf(caller, source, system, input)
  if (!text.includes('[object Object]')) return text
  throw misuse(caller, `text of ${source} contains [object Object]; turn the value into text first`)
}

function toolsOf(tools: PromptDefinition<never>['tools'], input: unknown): ToolSet {
  return typeof tools === 'function' ? callWithInput(tools, input) : (tools ?? {})
}
