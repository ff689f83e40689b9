import type { FlexibleSchema } from 'ai'
import type { AgentOptions, ResolvedAgent } from '../agent/agent-settings.ts'
import type { OwnTypes } from '../prompt/merged-input.ts'
import type { Prompt } from '../prompt/prompt-value.ts'
import type { Definition, OutputOf } from '../prompt/prompt.ts'
import type { UseEntry } from '../prompt/use.ts'
import type { AIGenerateOptions, AIStreamOptions } from './call-options.ts'
import type { GenerateReturn, StreamReturn } from './result-types.ts'

/** What each function takes beside the prompt, and what it resolves to. */
interface Calls<Input, Output> {
  readonly generate: { readonly options: AIGenerateOptions<Input>; readonly result: GenerateReturn<Output> }
  readonly stream: { readonly options: AIStreamOptions<Input>; readonly result: StreamReturn<Output> }
  readonly resolve: { readonly options: AgentOptions<Input>; readonly result: ResolvedAgent }
}

/** A prompt would fit a definition too, where every field is optional, and lose the type of its input. */
interface NoPrompt {
  readonly resolve?: never
}

/** `generate`, `stream`, or `resolve` for agents, for a prompt or its definition (AI-10). */
export interface PromptFunction<Name extends keyof Calls<unknown, never>> {
  <Input, Output = never>(
    prompt: Prompt<Input, Output>,
    options: Calls<Input, Output>[Name]['options'],
  ): Promise<Calls<Input, Output>[Name]['result']>
  <
    const Schema extends FlexibleSchema | undefined = undefined,
    const Uses extends readonly UseEntry[] = [],
    OutputSchema extends FlexibleSchema | undefined = undefined,
  >(
    definition: Definition<Schema, Uses, OutputSchema> & NoPrompt,
    options: Calls<OwnTypes<Schema, Uses>['raw'], never>[Name]['options'],
  ): Promise<Calls<unknown, OutputOf<OutputSchema>>[Name]['result']>
}
