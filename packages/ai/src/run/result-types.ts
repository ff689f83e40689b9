import type { FinishReason, LanguageModelUsage, ModelMessage } from 'ai'
import type { PendingApproval } from '@crux/core/tool-middleware'
import type { GenerateTextResult, StreamTextResult } from '../gateway/sdk-gateway.ts'
import type { FallbackMeta } from '../models/fallback-plan.ts'
import type { RouterMeta } from '../models/router.ts'
import type { GuardEntry } from '../safety/guard-verdict.ts'
import type { ConstraintsMeta } from '../settle/judge-constraints.ts'
import type { CascadeMeta } from '../settle/settle-cascade.ts'
import type { Step } from './result-meta.ts'

/** What a call cost and which way it went. Optional parts are there only if they were configured (AI-23). */
export interface GenerateMeta {
  /** Tokens over all steps, attempts and tiers; a number that nobody reported is `undefined`. */
  readonly usage: LanguageModelUsage
  /** Over all steps, attempts and tiers, in the unit of the `cost` option; not there if no step has a known one. */
  readonly cost?: number
  /** That of the last step, or `tool_approval_required`. */
  readonly finishReason: FinishReason | 'tool_approval_required'
  readonly responseId?: string
  readonly modelId?: string
  /** SDK calls that answered; 0 if the call came back suspended before the first. */
  readonly attempts: number
  /** Only when an attempt of a `fallback()` failed. */
  readonly fallback?: FallbackMeta
  readonly router?: RouterMeta
  readonly cascade?: CascadeMeta
  readonly constraints?: ConstraintsMeta
  readonly guardrails?: readonly GuardEntry[]
}

/** The part of a result that only an output schema gives. */
type ObjectOf<Output> = [Output] extends [never]
  ? unknown
  : {
      /**
       * The validated answer. Throws where there is none: check `pendingApprovals`, and `_meta.finishReason` for
       * `tool-calls`, first (AI-36).
       */
      readonly object: Output
    }

interface Settled {
  /** Text of the final step, behind the output guards. */
  readonly text: string
  /** The history that was sent and every new turn: can be passed straight back as `messages`. */
  readonly messages: ModelMessage[]
  /** Only if the call is suspended. Store them beside `messages`, where only approvers can read them (AI-56). */
  readonly pendingApprovals?: readonly PendingApproval[]
}

/** What `generate` resolves to. `object` is there only with an output schema. */
export type GenerateReturn<Output = never> = Settled &
  ObjectOf<Output> & {
    /** All steps of all attempts, in order. */
    readonly steps: readonly Step[]
    /** The last result of the SDK, its `output` being of internal use. Not there if no model was called. */
    readonly raw?: GenerateTextResult
    readonly _meta: GenerateMeta
  }

/** What a stream came to: the meta of `generate`, the answer, and how fast it came. */
export type StreamMeta<Output = never> = GenerateMeta &
  Settled &
  ObjectOf<Output> & {
    readonly streaming: {
      /** From the call of `stream` to the first text, reasoning or tool input, in milliseconds. */
      readonly ttftMs?: number
      /** Of the last step. */
      readonly tokensPerSecond?: number
      /** Pieces of text, reasoning and tool input. */
      readonly totalChunks: number
    }
  }

/** What this package adds to a stream. */
export interface CruxStreamExtensions<Output = never> {
  /** What the stream came to. Reading it starts the stream; rejects as the stream fails, and is safe to ignore. */
  readonly completion: Promise<StreamMeta<Output>>
  /** The SDK's own result. Not there if no model was called. */
  readonly raw?: StreamTextResult
}

/** A stream of text. */
export interface TextStreamResult<Output = never> extends CruxStreamExtensions<Output> {
  /** Pieces of text as they come. May be read again, and by several readers; each begins at the first piece. */
  readonly textStream: AsyncIterable<string>
}

/** A stream of text that is the JSON of an object. */
export interface ObjectStreamResult<Output> extends TextStreamResult<Output> {
  /** The object as far as it has come, not validated. A late or slow reader gets only the newest. */
  readonly partialObjectStream: AsyncIterable<PartialObject<Output>>
}

/** What `stream` resolves to. */
export type StreamReturn<Output = never> = [Output] extends [never]
  ? TextStreamResult
  : ObjectStreamResult<Output>

/** An object that is still being written. */
export type PartialObject<T> = T extends readonly (infer Item)[]
  ? PartialObject<Item>[]
  : T extends object
    ? { [Key in keyof T]?: PartialObject<T[Key]> }
    : T
