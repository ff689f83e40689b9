import type { FlexibleSchema } from 'ai'
import type { Prompt } from '../prompt/prompt-value.ts'
import type { OwnTypes } from '../prompt/merged-input.ts'
import type { Definition, OutputOf } from '../prompt/prompt.ts'
import type { UseEntry } from '../prompt/use.ts'
import type { AIGenerateOptions, AIStreamOptions } from './call-options.ts'
import type { GenerateReturn, StreamReturn } from './result-types.ts'

/** A prompt would fit a definition too, where every field is optional, and lose the type of its input. */
interface NoPrompt {
  readonly resolve?: never
}

/** `generate`, for a prompt or its definition. */
export interface Generate {
  <Input, Output = never>(
    prompt: Prompt<Input, Output>,
    options: AIGenerateOptions<Input>,
  ): Promise<GenerateReturn<Output>>
  <
    const Schema extends FlexibleSchema | undefined = undefined,
    const Uses extends readonly UseEntry[] = [],
    OutputSchema extends FlexibleSchema | undefined = undefined,
  >(
    definition: Definition<Schema, Uses, OutputSchema> & NoPrompt,
    options: AIGenerateOptions<OwnTypes<Schema, Uses>['raw']>,
  ): Promise<GenerateReturn<OutputOf<OutputSchema>>>
}

/** `stream`, for a prompt or its definition. */
export interface Stream {
  <Input, Output = never>(
    prompt: Prompt<Input, Output>,
    options: AIStreamOptions<Input>,
  ): Promise<StreamReturn<Output>>
  <
    const Schema extends FlexibleSchema | undefined = undefined,
    const Uses extends readonly UseEntry[] = [],
    OutputSchema extends FlexibleSchema | undefined = undefined,
  >(
    definition: Definition<Schema, Uses, OutputSchema> & NoPrompt,
    options: AIStreamOptions<OwnTypes<Schema, Uses>['raw']>,
  ): Promise<StreamReturn<OutputOf<OutputSchema>>>
}
