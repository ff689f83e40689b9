import type { LanguageModel, ModelMessage } from 'ai'
import type { ToolSession } from '../approvals/start-tools.ts'
import { defined } from '../defined.ts'
import { sdk, type GenerateTextOptions } from '../gateway/sdk-gateway.ts'
import type { SettledOutput } from '../gateway/settled-output.ts'
import type { Composition } from '../prompt/compose-prompt.ts'
import type { CallHistory } from '../settle/settled-messages.ts'
import type { CallOptions } from './call-options.ts'

/** Everything both SDK functions are given; what was not asked for is left out. */
export type SharedArguments = Pick<
  GenerateTextOptions,
  | 'model'
  | 'instructions'
  | 'tools'
  | 'toolChoice'
  | 'activeTools'
  | 'stopWhen'
  | 'prepareStep'
  | 'repairToolCall'
  | 'onStepEnd'
  | 'headers'
  | 'providerOptions'
  | 'telemetry'
  | 'maxRetries'
  | 'toolApproval'
  | 'abortSignal'
  | keyof CallHistory['hooks']
> & { readonly messages: ModelMessage[]; readonly output?: SettledOutput }

interface ArgumentsOptions {
  readonly composition: Composition
  readonly options: CallOptions
  readonly model: LanguageModel
  /** The same guards around a model that `prepareStep` returns (AI-96). */
  readonly wrap: (model: LanguageModel) => LanguageModel
  readonly messages: readonly ModelMessage[]
  readonly tools: Pick<ToolSession, 'tools' | 'toolApproval'>
  /** At least 1: the SDK compares with `===` and would loop for ever behind a rest of 0 (AI-77). */
  readonly stepsLeft: number
  readonly output: SettledOutput | undefined
  readonly history: CallHistory
  readonly signal: AbortSignal | undefined
}

/** The arguments of one SDK call. */
export function sdkArguments(given: ArgumentsOptions): SharedArguments {
  const { composition, options, history } = given
  const { instructions, settings } = composition
  const { tools, toolApproval } = given.tools
  return {
    model: given.model,
    messages: [...given.messages],
    ...settings,
    ...defined({
      instructions,
      tools: Object.keys(tools).length > 0 ? tools : undefined,
      toolChoice: options.toolChoice,
      activeTools: options.activeTools && [...options.activeTools],
      toolApproval,
      output: given.output,
      repairToolCall: options.repairToolCall,
      onStepEnd: options.onStepEnd,
      headers: options.headers,
      providerOptions: options.providerOptions,
      telemetry: options.telemetry,
      maxRetries: options.maxRetries,
      abortSignal: given.signal,
    }),
    // The SDK's own default is to stop after the first step (AI-76).
    stopWhen: options.stopWhen ?? sdk().isStepCount(given.stepsLeft),
    prepareStep: prepareStepOf(options.prepareStep, given.wrap, history),
    ...history.hooks,
  }
}

/** The caller's own, which also tells the history what the SDK keeps to itself if the step fails (AI-89). */
function prepareStepOf(
  own: CallOptions['prepareStep'],
  wrap: (model: LanguageModel) => LanguageModel,
  history: CallHistory,
): GenerateTextOptions['prepareStep'] {
  return async (step) => {
    history.reached(step.responseMessages)
    const prepared = await own?.(step)
    return prepared?.model === undefined ? prepared : { ...prepared, model: wrap(prepared.model) }
  }
}
