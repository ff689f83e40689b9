import type { FlexibleSchema } from 'ai'
import { isRecord } from '../is-record.ts'
import { checkInteger, misuse, shown } from '../misuse.ts'
import { checkOwners } from './check-owners.ts'
import { checkInputSchema } from './input-keys.ts'
import type { InputTypes, Optional, OwnTypes, WithInput } from './merged-input.ts'
import { collectOwners } from './owners.ts'
import type { Context, ContextDefinition, ContextLike, Match, Predicate, UseEntry, When } from './use.ts'

type Own<Schema, Uses extends readonly UseEntry[]> = Omit<
  ContextDefinition<OwnTypes<Schema, Uses>['parsed']>,
  'input' | 'use' | 'when'
> & { readonly input?: Schema; readonly use?: Uses }

/**
 * A piece of a prompt that prompts share.
 *
 * Throws `CruxAIError` code `usage` for a priority outside 0 to 100, an input that is no schema of an object, and what
 * clashes within `use` (AI-11, AI-13, AI-16).
 *
 * @example
 * const tenant = context({
 *   id: 'tenant',
 *   input: z.object({ orgId: z.string() }),
 *   system: ({ input }) => `The customer is ${input.orgId}.`,
 * })
 */
export function context<
  const Schema extends FlexibleSchema | undefined = undefined,
  const Uses extends readonly UseEntry[] = [],
>(
  definition: Own<Schema, Uses> & { readonly when: Predicate<OwnTypes<Schema, Uses>['parsed']> },
): Context<Optional<OwnTypes<Schema, Uses>>>
export function context<
  const Schema extends FlexibleSchema | undefined = undefined,
  const Uses extends readonly UseEntry[] = [],
>(definition: Own<Schema, Uses> & { readonly when?: undefined }): Context<OwnTypes<Schema, Uses>>
export function context(definition: ContextDefinition<never>): Context {
  if (typeof definition !== 'object' || definition === null) {
    throw misuse('context', `first argument must be a definition, got ${shown(definition)}`)
  }
  const { id, priority = 50, input, use, when: predicate } = definition
  if (predicate !== undefined && typeof predicate !== 'function') {
    throw misuse('context', `when must be a function, got ${shown(predicate)}`)
  }
  checkInteger('context', 'priority', priority, 0, 100)
  checkInputSchema('context', input)
  // A copy: what is added to the list later could make it use itself.
  const config = Object.freeze({ ...definition, ...(use && { use: Object.freeze([...use]) }) })
  const made: Context = Object.freeze({ kind: 'context', id, priority, config })
  checkOwners('context', collectOwners('context', [made]))
  return made
}

/**
 * A context that is there only if the predicate says so; it may be async. What it throws fails the resolution (AI-12).
 *
 * @example
 * prompt({ use: [when(({ input }) => input.isTrial === true, trialRules)] })
 */
export function when<
  const Entry extends Context | ContextLike | When | Match,
  Input extends object = Readonly<Record<string, unknown>>,
>(
  predicate: Predicate<Input>,
  entry: Entry,
): When<Entry extends WithInput<infer Types> ? Optional<Types> : InputTypes> {
  if (typeof predicate !== 'function') {
    throw misuse('when', `first argument must be a function, got ${shown(predicate)}`)
  }
  return Object.freeze({ kind: 'when', predicate, context: entry })
}

type CaseTypes<Cases> = {
  [Key in keyof Cases]: Cases[Key] extends readonly unknown[]
    ? OwnTypes<undefined, Cases[Key]>
    : OwnTypes<undefined, [Cases[Key]]>
}[keyof Cases]

type Both<Union> = (Union extends unknown ? (given: Union) => void : never) extends (given: infer All) => void
  ? All
  : never

/**
 * One of several contexts, by the text that `on` gives. A text that is no own key of `cases` takes `default`, and
 * without one nothing. The cases exclude each other, so they may declare the same keys and tools (AI-12, AI-16).
 *
 * @example
 * match({ on: ({ input }) => input.tier, cases: { pro: proRules, free: [freeRules, upsell] } })
 */
export function match<
  const Cases extends Readonly<Record<string, UseEntry | readonly UseEntry[]>>,
  const Default extends UseEntry | readonly UseEntry[] = undefined,
  Input extends object = Readonly<Record<string, unknown>>,
>(definition: {
  readonly on: (options: { readonly input: Input }) => string | Promise<string>
  readonly cases: Cases
  readonly default?: Default
}): Match<InputTypes<Partial<Both<CaseTypes<Cases>['raw']>>, Partial<Both<CaseTypes<Cases>['parsed']>>>> {
  const { on, cases } = definition
  if (typeof on !== 'function') throw misuse('match', `on must be a function, got ${shown(on)}`)
  if (!isRecord(cases)) throw misuse('match', `cases must be an object, got ${shown(cases)}`)
  return Object.freeze({
    kind: 'match',
    on,
    cases: new Map(Object.entries(cases).map(([key, entries]) => [key, toList(entries)])),
    default: toList(definition.default),
  })
}

function toList(entries: UseEntry | readonly UseEntry[]): readonly UseEntry[] {
  return Object.freeze([entries].flat())
}
