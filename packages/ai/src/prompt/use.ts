import type { FlexibleSchema, ToolSet } from 'ai'
import type { Constraint } from '../safety/constraint.ts'
import type { Guardrail } from '../safety/guardrail.ts'
import type { InputTypes, WithInput } from './merged-input.ts'

/** A text, or how it is made from the merged, validated input. */
export type Text<Input> = string | ((options: { readonly input: Input }) => string | Promise<string>)

/** Tools, or how they are made from the merged, validated input. */
export type Tools<Input> = ToolSet | ((options: { readonly input: Input }) => ToolSet)

/** What a condition is asked with. Its input is the merged one of what is there in any case, and its own raw values. */
export type Predicate<Input> = (options: { readonly input: Input }) => boolean | Promise<boolean>

/** What `context()` takes. */
export interface ContextDefinition<Input = unknown> {
  /** Names it in errors and in `inspect`. Unique within a prompt. */
  readonly id?: string | undefined
  readonly description?: string | undefined
  /** 0 to 100, default 50. Under a `tokenBudget` the text of what has less goes first. It does not change the order. */
  readonly priority?: number | undefined
  /** Contexts whose texts come right before this one's. */
  readonly use?: readonly UseEntry[] | undefined
  /** The keys of the input that this context needs: a schema of an object. */
  readonly input?: FlexibleSchema | undefined
  /** Leaves the context out, with its tools and what it uses, where it is false. */
  readonly when?: Predicate<Input> | undefined
  readonly system?: Text<Input> | undefined
  readonly tools?: Tools<Input> | undefined
  readonly constraints?: readonly Constraint[] | undefined
  readonly guardrails?: readonly Guardrail[] | undefined
}

/** A piece of a prompt that prompts share: a text, tools, constraints and guardrails, and the input they need. */
export interface Context<Types extends InputTypes = InputTypes> extends WithInput<Types> {
  readonly kind: 'context'
  readonly id: string | undefined
  readonly priority: number
  readonly config: ContextDefinition<never>
}

/** What `planAgent(id).asContext()` and its like return: its text is read anew at every resolution. */
export interface ContextLike {
  readonly id: string
  /** 0 to 100, default 50. */
  readonly priority?: number
  /** An empty text leaves it out. */
  readonly system: () => string | Promise<string>
}

/** A context that is there only if its predicate says so. */
export interface When<Types extends InputTypes = InputTypes> extends WithInput<Types> {
  readonly kind: 'when'
  readonly predicate: Predicate<never>
  readonly context: UseEntry
}

/** One of several contexts, or lists of them. */
export interface Match<Types extends InputTypes = InputTypes> extends WithInput<Types> {
  readonly kind: 'match'
  readonly on: (options: { readonly input: never }) => string | Promise<string>
  readonly cases: ReadonlyMap<string, readonly UseEntry[]>
  readonly default: readonly UseEntry[]
}

/** What `use` takes. Falsy entries are skipped. */
export type UseEntry = Context | ContextLike | When | Match | false | null | undefined | 0 | ''
