import type { ToolMiddleware } from '@crux/core/tool-middleware'
import type { LanguageModel, ModelMessage, ToolSet } from 'ai'
import type { ApprovalOptions } from '../approvals/approval-options.ts'
import type { GenerateTextOptions } from '../gateway/sdk-gateway.ts'
import { isRecord } from '../is-record.ts'
import { checkInteger, misuse, shown } from '../misuse.ts'
import { isModelSource, type ModelSource, type Router } from '../models/router.ts'
import type { InputOption } from '../prompt/merged-input.ts'
import type { CallSettings } from '../prompt/settings.ts'
import type { Constraint } from '../safety/constraint.ts'
import type { Guardrail } from '../safety/guardrail.ts'
import type { CostOf } from './result-meta.ts'

/** Options that go to the SDK as they are. */
type PassedOn = Pick<
  GenerateTextOptions,
  | 'toolChoice'
  | 'stopWhen'
  | 'prepareStep'
  | 'repairToolCall'
  | 'onStepEnd'
  | 'headers'
  | 'providerOptions'
  | 'telemetry'
  | 'maxRetries'
  | 'toolApproval'
>

/** When an answer does not match the output schema. */
export interface ValidationRetry {
  /** Corrective turns for the whole call, an integer >= 0. Default 3. In `stream` no answer is asked for again. */
  readonly maxRetries?: number | undefined
  /** Runs before each retry, `attempt` from 1. `error` has the `issues`, not enumerable. What it throws ends the call. */
  readonly onRetry?: ((attempt: number, error: Error) => void | Promise<void>) | undefined
  /** Runs once, before the call fails. */
  readonly onExhausted?: ((attempts: number, error: Error) => void | Promise<void>) | undefined
}

/** What `generate` and `stream` share, the input apart. */
export interface CallOptions extends CallSettings, PassedOn {
  /** Model calls in the tool loop, an integer >= 1. Default 10. Retries share it; every tier of a cascade has its own. */
  readonly maxSteps?: number | undefined
  /** A history in AI SDK form, without system turns. Takes the place of the prompt's own turns. */
  readonly messages?: readonly ModelMessage[] | undefined
  /** Tools beside the prompt's; the same name takes the place of the prompt's tool. */
  readonly tools?: ToolSet | undefined
  /** Wraps all tools, outside the prompt's own middleware. */
  readonly toolMiddleware?: ToolMiddleware | readonly ToolMiddleware[] | undefined
  /** The only tools the model is told of. */
  readonly activeTools?: readonly string[] | undefined
  /** How approvals are signed and used up. Merged with those of `createCruxAi`, key by key. */
  readonly approval?: ApprovalOptions | undefined
  /** Most tokens of the system text; contexts with less priority are left out. Default: no limit. */
  readonly tokenBudget?: number | undefined
  /** Limit of the whole call in milliseconds, 1 to 2147483647. Default: none. */
  readonly timeoutMs?: number | undefined
  readonly abortSignal?: AbortSignal | undefined
  /** Default: an answer that does not match the schema fails the call. */
  readonly validationRetry?: ValidationRetry | undefined
  /** Beside the prompt's; the same name takes the place of the prompt's constraint. */
  readonly constraints?: readonly Constraint[] | undefined
  /** Most corrective turns for all constraints together, an integer >= 0. Default: none but each one's own. */
  readonly constraintMaxRetries?: number | undefined
  /** Beside the prompt's; the same name takes the place of the prompt's guardrail. */
  readonly guardrails?: readonly Guardrail[] | undefined
  /** What a model call cost. Default: what OpenRouter or the Vercel AI Gateway report. */
  readonly cost?: CostOf | undefined
}

/** What `generate` takes beside the prompt; `input` is required if the prompt or a context requires a key (AI-21). */
export type AIGenerateOptions<Input = unknown> = InputOption<Input> &
  CallOptions & {
    /** A model of the AI SDK (object or string id), `fallback()`, `router()` or `cascade()`. */
    readonly model: ModelSource
  }

/** What `stream` takes beside the prompt: as `generate`, without `cascade()`, which needs full results (AI-21, AI-29). */
export type AIStreamOptions<Input = unknown> = InputOption<Input> &
  CallOptions & {
    /** A model of the AI SDK (object or string id), `fallback()` or `router()`. */
    readonly model: LanguageModel | Router
  }

const longestTimer = 2_147_483_647

/** Model calls in the tool loop, where neither `maxSteps` nor `stopWhen` says otherwise. */
const defaultMaxSteps = 10

/** Steps for all attempts of a call; `Infinity` where the caller's own conditions stop the loop. */
export function stepLimit({ maxSteps = defaultMaxSteps, stopWhen }: CallOptions): number {
  return stopWhen === undefined ? maxSteps : Infinity
}

/** Throws for what no call could work with, before anything else happens (AI-101). */
export function checkCallOptions(caller: string, given: unknown): void {
  const options: Readonly<Record<string, unknown>> = isRecord(given) ? given : {}
  if (!isModelSource(options['model'])) {
    const kinds = caller === 'stream' ? 'fallback() or router()' : 'fallback(), router() or cascade()'
    throw misuse(caller, `model must be a LanguageModel, ${kinds}, got ${shown(options['model'])}`)
  }
  checkInteger(caller, 'maxSteps', options['maxSteps'], 1)
  checkInteger(caller, 'timeoutMs', options['timeoutMs'], 1, longestTimer)
  checkInteger(caller, 'tokenBudget', options['tokenBudget'], 1)
  checkInteger(caller, 'maxRetries', options['maxRetries'], 0)
  checkInteger(caller, 'constraintMaxRetries', options['constraintMaxRetries'], 0)
  const retry = options['validationRetry']
  if (isRecord(retry)) checkInteger(caller, 'validationRetry.maxRetries', retry['maxRetries'], 0)
  else if (retry !== undefined) throw misuse(caller, `validationRetry must be an object, got ${shown(retry)}`)
  checkMessages(caller, options['messages'])
}

/** The SDK drops an unknown name without a word (AI-97). */
export function checkActiveTools(
  caller: string,
  active: readonly string[] | undefined,
  tools: ToolSet,
): void {
  const unknown = active?.find((name) => !Object.hasOwn(tools, name))
  if (unknown === undefined) return
  throw misuse(
    caller,
    `activeTools names unknown tool "${unknown}"; known: ${Object.keys(tools).join(', ') || 'none'}`,
  )
}

function checkMessages(caller: string, messages: unknown): void {
  if (messages === undefined || (Array.isArray(messages) && messages.every(isRecord))) return
  throw misuse(caller, `messages must be a list of messages, got ${shown(messages)}`)
}
