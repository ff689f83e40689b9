import type { ToolMiddleware } from '@crux/core/tool-middleware'
import type { ModelMessage, OutputInterface, ToolSet } from 'ai'
import { sdk } from '../gateway/sdk-gateway.ts'
import type { Constraint } from '../safety/constraint.ts'
import type { Guardrail } from '../safety/guardrail.ts'
import type { Composition } from './compose-prompt.ts'
import type { SdkSettings } from './settings.ts'

/** A prompt as settings of the AI SDK. */
export interface ResolvedPrompt {
  /** `generateText({ model, ...call })`. Run like this, the policies do not apply (AI-19). */
  readonly call: SdkSettings & {
    readonly instructions?: string
    readonly messages: ModelMessage[]
    readonly tools?: ToolSet
    readonly output?: OutputInterface
  }
  /** What `generate` and `stream` apply beside it: contexts', the prompt's, merged. */
  readonly policy: {
    readonly toolMiddleware: readonly ToolMiddleware[]
    readonly constraints: readonly Constraint[]
    readonly guardrails: readonly Guardrail[]
  }
}

/** A composition as settings of the AI SDK. */
export function resolvedPrompt(composition: Composition): ResolvedPrompt {
  const { instructions, messages, tools, outputSchema, settings } = composition
  const { toolMiddleware, constraints, guardrails } = composition
  return {
    call: {
      ...settings,
      ...(instructions !== undefined && { instructions }),
      messages: [...messages],
      ...(Object.keys(tools).length > 0 && { tools }),
      ...(outputSchema && { output: sdk().Output.object({ schema: outputSchema }) }),
    },
    policy: { toolMiddleware, constraints, guardrails },
  }
}
