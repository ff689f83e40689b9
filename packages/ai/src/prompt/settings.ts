import type { GenerateTextOptions } from '../gateway/sdk-gateway.ts'

/** Settings of a single model call; units and ranges are the provider's. */
export interface CallSettings {
  readonly temperature?: number | undefined
  /** Most tokens of one answer; the SDK's `maxOutputTokens`. */
  readonly maxTokens?: number | undefined
  readonly topP?: number | undefined
  readonly topK?: number | undefined
  readonly stopSequences?: readonly string[] | undefined
  readonly seed?: number | undefined
  readonly presencePenalty?: number | undefined
  readonly frequencyPenalty?: number | undefined
}

/** The same settings as the SDK calls them. */
export type SdkSettings = Pick<
  GenerateTextOptions,
  | 'temperature'
  | 'maxOutputTokens'
  | 'topP'
  | 'topK'
  | 'stopSequences'
  | 'seed'
  | 'presencePenalty'
  | 'frequencyPenalty'
>

/** Those of the call win, key by key; what is `undefined` is left out (AI-9). */
export function sdkSettings(own: CallSettings = {}, ofCall: CallSettings = {}): SdkSettings {
  const { maxTokens, stopSequences, ...rest } = { ...known(own), ...known(ofCall) }
  return {
    ...rest,
    ...(maxTokens !== undefined && { maxOutputTokens: maxTokens }),
    ...(stopSequences !== undefined && { stopSequences: [...stopSequences] }),
  }
}

type Known = { -readonly [Name in keyof CallSettings]: Exclude<CallSettings[Name], undefined> }

/** The options of a call hold much else. */
function known(options: CallSettings): Known {
  const found: Known = {}
  const take = <Name extends keyof CallSettings>(name: Name, value: Known[Name] | undefined) => {
    if (value !== undefined) found[name] = value
  }
  take('temperature', options.temperature)
  take('maxTokens', options.maxTokens)
  take('topP', options.topP)
  take('topK', options.topK)
  take('stopSequences', options.stopSequences)
  take('seed', options.seed)
  take('presencePenalty', options.presencePenalty)
  take('frequencyPenalty', options.frequencyPenalty)
  return found
}
