import type { ModelResult, ModelStreamPart } from '../gateway/sdk-types.ts'

type Content = ModelResult['content'][number]
type Usage = ModelResult['usage']
type FinishReason = ModelResult['finishReason']['unified']

/** One answer of a scripted model: a string is its text. */
export type ScriptStep =
  | string
  | {
      readonly text?: string
      /** The text in pieces, as a stream sends it. `text`, if given too, comes first, in one piece. */
      readonly chunks?: readonly string[]
      /** Tool calls, behind the text. `input` is sent as JSON; a string is sent as it is, valid or not. */
      readonly tools?: readonly {
        readonly name: string
        readonly input: unknown
        /** Default: `call-<step>-<index>`, step from 1. */
        readonly id?: string
      }[]
      /** An object, sent as JSON text. */
      readonly object?: unknown
      /** Thrown by the call; behind text or tools, sent as the error part of a stream and thrown otherwise. */
      readonly error?: unknown
      /** True: the call never settles, not on an abort either. Behind text, a stream sends that and then nothing. */
      readonly hang?: boolean
      /** Waited before the answer, in milliseconds. An abort ends the wait with the signal's reason. Default 0. */
      readonly delayMs?: number
      /** Default `tool-calls` with tools, else `stop`. */
      readonly finishReason?: FinishReason
      /** Tokens. What is left out is unreported. */
      readonly usage?: { readonly inputTokens?: number; readonly outputTokens?: number }
      readonly providerMetadata?: ModelResult['providerMetadata']
    }

/** A step with everything a model answers. */
export interface ScriptedAnswer {
  /** What it says and calls, in order; a text block is its pieces. */
  readonly blocks: readonly (readonly string[] | Extract<Content, { readonly type: 'tool-call' }>)[]
  readonly finish: Pick<ModelResult, 'finishReason' | 'usage' | 'providerMetadata'>
  readonly error?: { readonly value: unknown }
  readonly hangs: boolean
  readonly delayMs: number
}

/** What a step means. `number` is that of the step, from 1. */
export function readStep(step: ScriptStep, number: number): ScriptedAnswer {
  const given = typeof step === 'string' ? { text: step } : step
  const { text, chunks = [], tools = [], object, hang = false, delayMs = 0, usage = {} } = given
  const json = object === undefined ? [] : [JSON.stringify(object)]
  const pieces = [...(text === undefined ? [] : [text]), ...chunks, ...json]
  const calls = tools.map(({ name, input, id }, index) => ({
    type: 'tool-call' as const,
    toolCallId: id ?? `call-${number}-${index}`,
    toolName: name,
    input: typeof input === 'string' ? input : JSON.stringify(input),
  }))
  const unified = given.finishReason ?? (tools.length > 0 ? 'tool-calls' : 'stop')
  return {
    blocks: [...(pieces.length > 0 ? [pieces] : []), ...calls],
    finish: {
      finishReason: { unified, raw: unified },
      usage: usageOf(usage),
      ...(given.providerMetadata && { providerMetadata: given.providerMetadata }),
    },
    ...('error' in given && { error: { value: given.error } }),
    hangs: hang,
    delayMs,
  }
}

/** The content of a whole answer. */
export function contentOf({ blocks }: ScriptedAnswer): Content[] {
  return blocks.map((block) => ('type' in block ? block : { type: 'text', text: block.join('') }))
}

/** The parts of a streamed answer, without its end. */
export function* partsOf({ blocks }: ScriptedAnswer): Generator<ModelStreamPart> {
  for (const [index, block] of blocks.entries()) {
    if ('type' in block) {
      yield { type: 'tool-input-start', id: block.toolCallId, toolName: block.toolName }
      yield { type: 'tool-input-delta', id: block.toolCallId, delta: block.input }
      yield { type: 'tool-input-end', id: block.toolCallId }
      yield block
      continue
    }
    const id = `text-${index}`
    yield { type: 'text-start', id }
    for (const delta of block) yield { type: 'text-delta', id, delta }
    yield { type: 'text-end', id }
  }
}

function usageOf({ inputTokens, outputTokens }: { inputTokens?: number; outputTokens?: number }): Usage {
  return {
    inputTokens: { total: inputTokens, noCache: inputTokens, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: outputTokens, text: outputTokens, reasoning: undefined },
  }
}
