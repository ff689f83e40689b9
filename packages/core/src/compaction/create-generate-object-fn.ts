/** A schema that tells the type it gives: of zod or any other Standard Schema library, or `jsonSchema()` of the AI SDK. */
export type ObjectSchema<Output> =
  | { readonly '~standard': { readonly types?: { readonly output: Output } | undefined } }
  | { readonly _type: Output }

/** What a model is asked. */
export interface GenerateFnOptions<Model> {
  readonly model: Model
  readonly system?: string | undefined
  readonly prompt: string
  readonly abortSignal?: AbortSignal | undefined
}

/** Asks a model for a text. Resolves to the text and nothing else (AI-71). */
export type GenerateTextFn<Model> = (options: GenerateFnOptions<Model>) => Promise<{ text: string }>

/** Asks a model for an object of a schema. Resolves to the object and nothing else (AI-71). */
export type GenerateObjectFn<Model> = <Output>(
  options: GenerateFnOptions<Model> & { readonly schema: ObjectSchema<Output> },
) => Promise<{ object: Output }>

/** The part of `generate` of `@crux/ai` that is needed here. */
export type GenerateLike<Model> = <Output>(
  prompt: { readonly system?: string; readonly prompt: string; readonly output: ObjectSchema<Output> },
  options: { readonly model: Model; readonly abortSignal?: AbortSignal },
) => Promise<{ readonly object: Output }>

/**
 * A `GenerateObjectFn` on top of a whole `generate`, for code that compacts a history and shall have the instance's
 * gateway, cost and defaults (AI-71). Errors of `generate` go on as they are.
 *
 * @example
 * const generateObject = createGenerateObjectFnFromGenerate(crux.generate)
 * const { object } = await generateObject({ model, prompt: transcript, schema: summary })
 */
export function createGenerateObjectFnFromGenerate<Model>(
  generate: GenerateLike<Model>,
): GenerateObjectFn<Model> {
  return async ({ model, system, prompt, schema, abortSignal }) => {
    const { object } = await generate(
      { ...(system !== undefined && { system }), prompt, output: schema },
      { model, ...(abortSignal !== undefined && { abortSignal }) },
    )
    return { object }
  }
}
