import type { FlexibleSchema } from 'ai'
import type { PromptDefinition } from './definition.ts'
import type { PromptInspection } from './inspection.ts'
import type { InputOption, InputTypes, WithInput } from './merged-input.ts'
import type { ResolvedPrompt } from './resolved-prompt.ts'
import type { CallSettings } from './settings.ts'
import type { Context, ContextLike } from './use.ts'

/** What `resolve` and `inspect` of a prompt take: the input, a budget, and settings that win over the prompt's own. */
export type ResolveOptions<Input> = InputOption<Input> &
  CallSettings & {
    /** Most tokens of the system text; contexts with less priority are left out. Default: no limit. */
    readonly tokenBudget?: number | undefined
  }

declare const outputType: unique symbol

/** A prompt. Nothing of it calls a model. */
export interface Prompt<Input = unknown, Output = never> extends WithInput<InputTypes<Input>> {
  /** Carries the type of the answer; not there at run time. */
  readonly [outputType]?: Output
  readonly id: string | undefined
  readonly tags: readonly string[]
  /** Every context that it may use, in the order of their texts. */
  readonly contexts: readonly (Context | ContextLike)[]
  readonly inputSchema: FlexibleSchema | undefined
  readonly outputSchema: FlexibleSchema | undefined
  readonly hasOutput: boolean
  readonly config: PromptDefinition<never>
  /** Settings for `generateText` of the AI SDK, and the policies that this package adds to them (AI-19). */
  readonly resolve: (options: ResolveOptions<Input>) => Promise<ResolvedPrompt>
  /** What the model would be told and what is left out, and why (AI-20). */
  readonly inspect: (options: ResolveOptions<Input>) => Promise<PromptInspection>
}
