import type { FlexibleSchema, InferSchema } from 'ai'

/** What a schema takes, before its defaults and transforms. */
export type SchemaInput<Schema> = Schema extends {
  readonly '~standard': { readonly types?: { readonly input: infer Raw } | undefined }
}
  ? Raw
  : SchemaOutput<Schema>

/** What a schema gives; `unknown` without one. */
export type SchemaOutput<Schema> = Schema extends FlexibleSchema ? InferSchema<Schema> : unknown

/** Carries the two types of an input through a value that does not hold them. */
declare const inputTypes: unique symbol

/** What callers hand over, and what the texts of prompts and contexts see. */
export interface InputTypes<Raw = unknown, Parsed = unknown> {
  readonly raw: Raw
  readonly parsed: Parsed
}

/** Something that asks for input: a context, or contexts under a condition. */
export interface WithInput<Types extends InputTypes = InputTypes> {
  readonly [inputTypes]?: Types
}

type Falsy = false | null | undefined | 0 | ''

/** One entry of `use`: what is there only sometimes asks for its keys only sometimes. */
type TypesOf<Entry> = [Extract<Entry, Falsy>] extends [never]
  ? Entry extends WithInput<infer Types>
    ? Types
    : InputTypes
  : [Exclude<Entry, Falsy>] extends [never]
    ? InputTypes
    : Optional<TypesOf<Exclude<Entry, Falsy>>>

/** The same input with every key optional. */
export type Optional<Types extends InputTypes> = InputTypes<Partial<Types['raw']>, Partial<Types['parsed']>>

/** The types of all entries of `use` together. */
export type MergedTypes<Own extends InputTypes, Uses extends readonly unknown[]> = Uses extends readonly [
  infer First,
  ...infer Rest,
]
  ? MergedTypes<
      InputTypes<Own['raw'] & TypesOf<First>['raw'], Own['parsed'] & TypesOf<First>['parsed']>,
      Rest
    >
  : Own

/** The types of a schema and a list of contexts together. */
export type OwnTypes<Schema, Uses extends readonly unknown[]> = MergedTypes<
  InputTypes<SchemaInput<Schema>, SchemaOutput<Schema>>,
  Uses
>

/**
 * The input that a call must give: the keys of the prompt's own schema and of every context's; those of conditional
 * contexts are optional (AI-15). `Own` is the prompt's own input, `Uses` its list of contexts.
 */
export type MergedInput<Own, Uses extends readonly unknown[]> = MergedTypes<InputTypes<Own, Own>, Uses>['raw']

/** The option `input`: required if a key is. */
export type InputOption<Input> =
  Record<never, never> extends Input ? { readonly input?: Input | undefined } : { readonly input: Input }
