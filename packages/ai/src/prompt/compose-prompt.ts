import type { ToolMiddleware } from '@crux/core/tool-middleware'
import type { FlexibleSchema, ModelMessage, ToolSet } from 'ai'
import { checkInteger, misuse } from '../misuse.ts'
import { type Constraint, mergeConstraints } from '../safety/constraint.ts'
import { type Guardrail, mergeGuardrails } from '../safety/guardrail.ts'
import type { PromptDefinition } from './definition.ts'
import { estimateTokens, fitBudget, joinParts, type Part } from './fit-budget.ts'
import { checkTools, collectOwners, isContext, type Owner, promptName } from './owners.ts'
import { readInput } from './read-input.ts'
import { type CallSettings, type SdkSettings, sdkSettings } from './settings.ts'
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
  const { tokenBudget } = options
  checkInteger(caller, 'tokenBudget', tokenBudget, 1)
  const name = promptName(promptId)
  const { input, included, excluded } = await readInput(
    caller,
    definition.input,
    collectOwners(caller, use),
    options.input,
  )

  const own = await textOf(caller, name, definition.system, input)
  const texts = await Promise.all(included.map((owner) => ownerText(caller, owner, input)))
  const turns = await userTurns(caller, definition, options.messages, input)
  const all: Part[] = [
    ...partOf(name, own),
    ...included.flatMap(({ source, name: id }, index) =>
      partOf(`context ${id}`, texts[index] ?? '', source.priority ?? 50),
    ),
    ...turns.system.flatMap((text) => partOf(`${name} messages`, text)),
  ]
  const { kept, dropped, overBudget } = fitBudget(all, tokenBudget, countTokens)

  const contexts = included.flatMap(({ source, name: id }) =>
    isContext(source) ? [{ name: `context ${id}`, config: source.config }] : [],
  )
  const contextTools = contexts.map(({ name: source, config }) => ({
    name: source,
    tools: toolsOf(config.tools, input),
  }))
  const ownTools = toolsOf(definition.tools, input)
  checkTools(caller, [...contextTools, { name, tools: ownTools }])

  return {
    promptId,
    input,
    parts: kept,
    dropped,
    excluded: [
      ...excluded.map(({ owner, reason }) => ({ source: `context ${owner.name}`, reason })),
      ...included.flatMap((owner, index) =>
        !isContext(owner.source) && texts[index] === ''
          ? [{ source: `context ${owner.name}`, reason: 'empty' as const }]
          : [],
      ),
    ],
    overBudget,
    countTokens,
    instructions: kept.length > 0 ? joinParts(kept) : undefined,
    messages: turns.messages,
    tools: Object.assign({}, ...contextTools.map(({ tools }) => tools), ownTools, options.tools),
    outputSchema: output,
    settings: sdkSettings(settings, options),
    toolMiddleware: [definition.toolMiddleware ?? [], options.toolMiddleware ?? []].flat(),
    // All contexts are one scope: two that bring a guard of one name bring two guards (AI-35, AI-45).
    constraints: mergeConstraints(
      contexts.flatMap(({ config }) => config.constraints ?? []),
      definition.constraints,
      options.constraints,
    ),
    guardrails: mergeGuardrails(
      contexts.flatMap(({ config }) => config.guardrails ?? []),
      definition.guardrails,
      options.guardrails,
    ),
  }
}

function ownerText(caller: string, { source, name }: Owner, input: unknown): Promise<string> {
  const system = isContext(source) ? source.config.system : source.system
  return textOf(caller, `context ${name}`, system, input)
}

async function textOf(
  caller: string,
  source: string,
  text: Text<never> | undefined,
  input: unknown,
): Promise<string> {
  const made = typeof text === 'function' ? await call(text, input) : (text ?? '')
  if (typeof made !== 'string') throw misuse(caller, `text of ${source} must be a string, got ${typeof made}`)
  if (made.includes('[object Object]')) {
    throw misuse(caller, `text of ${source} contains [object Object]; turn the value into text first`)
  }
  return made.trim() === '' ? '' : made
}

function toolsOf(tools: PromptDefinition<never>['tools'], input: unknown): ToolSet {
  return typeof tools === 'function' ? call(tools, input) : (tools ?? {})
}

/** The type of `input` is the one that `prompt` and `context` have given their functions. */
function call<Result>(make: (options: { readonly input: never }) => Result, input: unknown): Result {
  return make({ input: input as never })
}

function partOf(source: string, text: string, priority?: number): Part[] {
  return text === '' ? [] : [{ source, text, priority }]
}
