import type { FlexibleSchema } from 'ai'
import type { ModelSource } from '../models/router.ts'
import type { SchemaOutput } from '../prompt/merged-input.ts'
import { runGenerate } from './generate.ts'
import type { Runtime } from './prepare-call.ts'
import type { GenerateReturn } from './result-types.ts'

/** What both one-off functions take. */
export interface GenerateTextFnOptions {
  /** A model of the AI SDK (object or string id), `fallback()`, `router()` or `cascade()`. */
  readonly model: ModelSource
  readonly system?: string | undefined
  /** The user's turn. Routers see it as `{}`: there is no input. */
  readonly prompt: string
  readonly abortSignal?: AbortSignal | undefined
}

/** What `generateObjectFn` takes. */
export interface GenerateObjectFnOptions<
  Schema extends FlexibleSchema = FlexibleSchema,
> extends GenerateTextFnOptions {
  readonly schema: Schema
}

/** One text for one prompt. */
export type GenerateTextFn = (options: GenerateTextFnOptions) => Promise<{ readonly text: string }>

/** One object for one prompt; its syntax is mended for free. */
export type GenerateObjectFn = <Schema extends FlexibleSchema>(
  options: GenerateObjectFnOptions<Schema>,
) => Promise<{ readonly object: SchemaOutput<Schema> }>

/** `generateTextFn` of an instance: the plain function that other libraries ask for (AI-71). */
export function createGenerateTextFn(runtime: Runtime): GenerateTextFn {
  return async ({ model, system, prompt, abortSignal }) => {
    const { text } = await runGenerate(runtime, { system, prompt }, { model, abortSignal })
    return { text }
  }
}

/** `generateObjectFn` of an instance (AI-71). */
export function createGenerateObjectFn(runtime: Runtime): GenerateObjectFn {
  function generateObject<Schema extends FlexibleSchema>(
    options: GenerateObjectFnOptions<Schema>,
  ): Promise<{ readonly object: SchemaOutput<Schema> }>
  async function generateObject({ model, system, prompt, schema, abortSignal }: GenerateObjectFnOptions) {
    const definition = { system, prompt, output: schema }
    const result: GenerateReturn & { readonly object?: unknown } = await runGenerate(runtime, definition, {
      model,
      abortSignal,
    })
    return { object: result.object }
  }
  return generateObject
}
