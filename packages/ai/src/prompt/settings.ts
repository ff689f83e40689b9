import { defined } from '../defined.ts'
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

/** Those of the call win, key by key (AI-9). */
export function sdkSettings(own: CallSettings = {}, ofCall: CallSettings = {}): SdkSettings {
  const stopSequences = ofCall.stopSequences ?? own.stopSequences
  return defined({
    temperature: ofCall.temperature ?? own.temperature,
    maxOutputTokens: ofCall.maxTokens ?? own.maxTokens,
    topP: ofCall.topP ?? own.topP,
    topK: ofCall.topK ?? own.topK,
    stopSequences: stopSequences && [...stopSequences],
    seed: ofCall.seed ?? own.seed,
    presencePenalty: ofCall.presencePenalty ?? own.presencePenalty,
    frequencyPenalty: ofCall.frequencyPenalty ?? own.frequencyPenalty,
  })
}
