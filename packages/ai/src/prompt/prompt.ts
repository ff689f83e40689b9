import type { FlexibleSchema } from 'ai'
import { isRecord } from '../is-record.ts'
import { misuse, shown } from '../misuse.ts'
import { checkOwners } from './check-owners.ts'
import { composePrompt } from './compose-prompt.ts'
import type { PromptDefinition } from './definition.ts'
import { checkInputSchema } from './input-keys.ts'
import { inspection } from './inspection.ts'
import type { OwnTypes, SchemaOutput } from './merged-input.ts'
import { collectOwners } from './owners.ts'
import type { Prompt, ResolveOptions } from './prompt-value.ts'
import { resolvedPrompt } from './resolved-prompt.ts'
import type { UseEntry } from './use.ts'

/** A definition with the types of its schemas, for `prompt()` and all that takes one in its place. */
export type Definition<Schema, Uses extends readonly UseEntry[], OutputSchema> = Omit<
  PromptDefinition<OwnTypes<Schema, Uses>['parsed']>,
  'input' | 'use' | 'output'
> & { readonly input?: Schema; readonly use?: Uses; readonly output?: OutputSchema }

/** The type of an answer; `never` is text. */
export type OutputOf<Schema> = Schema extends FlexibleSchema ? SchemaOutput<Schema> : never

/**
 * What a model is told, as a value: texts, contexts, tools and policies, typed by the input they need. It calls no
 * model; `generate`, `stream`, `resolve` for agents, or its own `resolve` turn it into settings of a call (AI-9).
 *
 * Throws `CruxAIError` code `usage` for what clashes: `prompt` beside `messages`, input keys, tools and ids that two
 * owners bring, an input that is no schema of an object.
 *
 * @example
 * const summary = prompt({
 *   id: 'summary',
 *   input: z.object({ text: z.string() }),
 *   output: z.object({ title: z.string(), points: z.array(z.string()) }),
 *   system: 'You summarise for busy people.',
 *   prompt: ({ input }) => input.text,
 * })
 */
export function prompt<
  const Schema extends FlexibleSchema | undefined = undefined,
  const Uses extends readonly UseEntry[] = [],
  OutputSchema extends FlexibleSchema | undefined = undefined,
>(
  definition: Definition<Schema, Uses, OutputSchema>,
): Prompt<OwnTypes<Schema, Uses>['raw'], OutputOf<OutputSchema>>
export function prompt(definition: PromptDefinition<never>): Prompt {
  if (typeof definition !== 'object' || definition === null) {
    throw misuse('prompt', `first argument must be a definition, got ${shown(definition)}`)
  }
  const { id, tags = [], use = [], input, output } = definition
  if (definition.prompt !== undefined && definition.messages !== undefined) {
    throw misuse('prompt', `${id === undefined ? 'it' : `"${id}"`} has both prompt and messages; keep one`)
  }
  checkInputSchema('prompt', input)
  const owners = collectOwners('prompt', use)
  checkOwners('prompt', owners, definition)
  const config = Object.freeze({ ...definition, ...(definition.use && { use: Object.freeze([...use]) }) })
  return Object.freeze<Prompt>({
    id,
    tags: Object.freeze([...tags]),
    contexts: Object.freeze(owners.map(({ source }) => source)),
    inputSchema: input,
    outputSchema: output,
    hasOutput: output !== undefined,
    config,
    resolve: async (options: ResolveOptions<unknown>) =>
      resolvedPrompt(await composePrompt('resolve', config, options)),
    inspect: async (options: ResolveOptions<unknown>) =>
      inspection(await composePrompt('inspect', config, options)),
  })
}

/** A prompt as it is, a definition made into one. Throws for anything else. */
export function asPrompt(caller: string, given: unknown): Prompt {
  if (isPrompt(given)) return given
  if (isRecord(given) && !Array.isArray(given)) return prompt(given)
  throw misuse(caller, `first argument must be a prompt() or its definition, got ${shown(given)}`)
}

/** By its shape: it may come from another copy of the package. */
function isPrompt(given: unknown): given is Prompt {
  return isRecord(given) && 'hasOutput' in given && 'config' in given
}
