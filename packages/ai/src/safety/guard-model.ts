import type { LanguageModel } from 'ai'
import { toModelV4 } from '../gateway/normalize-model.ts'
import type { LanguageModelV4, ModelCallOptions, ModelResult } from '../gateway/sdk-types.ts'
import { guardStream } from './guard-stream.ts'
import { guardBlock, type BlockGuard } from './guard-block.ts'
import type { GuardLog } from './guard-verdict.ts'
import type { Guardrail } from './guardrail.ts'

/** How a model is guarded. */
export interface ModelGuards {
  /** Output guards. */
  readonly guards: readonly Guardrail[]
  readonly promptId: string | undefined
  readonly record: GuardLog['record']
  /** Number of the model call that has just answered. */
  readonly stepOf: (prompt: ModelCallOptions['prompt']) => number
  /** What is sent instead of a prompt. */
  readonly checkPrompt?: (prompt: ModelCallOptions['prompt']) => Promise<ModelCallOptions['prompt']>
}

/**
 * A model behind guards (AI-47): whoever calls it, of each text block sees only what they have let through. The raw
 * response is left out, because it holds the text as it was. So are the provider's facts about a block that was
 * rewritten: one of them is the id under which a provider keeps the original text, and would use it in the next step.
 */
export function guardModel(
  model: LanguageModel,
  { guards, promptId, record, stepOf, checkPrompt }: ModelGuards,
): LanguageModelV4 {
  const inner = toModelV4(model)

  async function checked(options: ModelCallOptions): Promise<ModelCallOptions> {
    return checkPrompt === undefined ? options : { ...options, prompt: await checkPrompt(options.prompt) }
  }

  function blockGuards(prompt: ModelCallOptions['prompt'], whole: boolean): () => BlockGuard {
    const context = { promptId, phase: 'output', step: stepOf(prompt) } as const
    return () => guardBlock(guards, { context, record, whole })
  }

  return {
    specificationVersion: 'v4',
    provider: inner.provider,
    modelId: inner.modelId,
    get supportedUrls() {
      return inner.supportedUrls
    },
    doGenerate: async (options) => {
      const result = await inner.doGenerate(await checked(options))
      return guards.length === 0 ? result : guardResult(result, blockGuards(options.prompt, true))
    },
    doStream: async (options) => {
      const result = await inner.doStream(await checked(options))
      if (guards.length === 0) return result
      return { ...result, stream: guardStream(result.stream, blockGuards(options.prompt, false)) }
    },
  }
}

async function guardResult(result: ModelResult, startBlock: () => BlockGuard): Promise<ModelResult> {
  const guarded = new Map<string, string>()
  const content: ModelResult['content'] = []
  for (const part of result.content) {
    if (part.type !== 'text') {
      content.push(part)
      continue
    }
    const text = await guardText(part.text, startBlock)
    guarded.set(part.text, text)
    content.push(text === part.text ? part : { type: 'text', text })
  }
  const { structuredOutputText, response, ...rest } = result
  const { body: _body, ...kept } = response ?? {}
  return {
    ...rest,
    content,
    ...(structuredOutputText !== undefined && {
      structuredOutputText:
        guarded.get(structuredOutputText) ?? (await guardText(structuredOutputText, startBlock)),
    }),
    ...(response !== undefined && { response: kept }),
  }
}

async function guardText(text: string, startBlock: () => BlockGuard): Promise<string> {
  const block = startBlock()
  return (await block.push(text)) + (await block.end())
}
