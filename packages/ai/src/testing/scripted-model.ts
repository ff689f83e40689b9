import type {
  LanguageModelV4,
  ModelCallOptions,
  ModelResult,
  ModelStreamPart,
  ModelStreamResult,
} from '../gateway/sdk-types.ts'
import { contentOf, partsOf, readStep, type ScriptedAnswer, type ScriptStep } from './script-step.ts'

/** A model that plays a script. */
export interface ScriptedModel extends LanguageModelV4 {
  /** What the SDK has asked for, one entry a model call, in order. */
  readonly calls: readonly ModelCallOptions[]
}

/**
 * A language model that answers from a script, one step a model call, for `generateText` and `streamText` alike: tests
 * and demos that need no key and no network (AI-75).
 *
 * `id` is its `modelId`, default `scripted`. A call beyond the last step fails and names its number.
 *
 * @example
 * const model = scriptedModel([{ tools: [{ name: 'search', input: { query: 'tides' } }] }, 'The moon does it.'])
 */
export function scriptedModel(
  steps: readonly ScriptStep[],
  { id = 'scripted' }: { readonly id?: string } = {},
): ScriptedModel {
  const calls: ModelCallOptions[] = []

  async function nextAnswer(options: ModelCallOptions): Promise<ScriptedAnswer> {
    const number = calls.push(options)
    const step = steps[number - 1]
    if (step === undefined) {
      throw new Error(`scriptedModel "${id}" has ${steps.length} steps and was called a ${number}. time`)
    }
    const answer = readStep(step, number)
    await waitFor(answer.delayMs, options.abortSignal)
    const hasContent = answer.blocks.length > 0
    if (answer.hangs && !hasContent) return new Promise(() => {})
    if (answer.error !== undefined && !hasContent) throw answer.error.value
    return answer
  }

  return {
    specificationVersion: 'v4',
    provider: 'crux.scripted',
    modelId: id,
    supportedUrls: {},
    calls,
    doGenerate: async (options): Promise<ModelResult> => {
      const answer = await nextAnswer(options)
      if (answer.hangs) return new Promise(() => {})
      if (answer.error !== undefined) throw answer.error.value
      return { content: contentOf(answer), ...answer.finish, warnings: [], response: { modelId: id } }
    },
    doStream: async (options): Promise<ModelStreamResult> => ({
      stream: streamOf(await nextAnswer(options), id),
    }),
  }
}

function streamOf(answer: ScriptedAnswer, modelId: string): ReadableStream<ModelStreamPart> {
  return new ReadableStream({
    start: (controller) => {
      controller.enqueue({ type: 'stream-start', warnings: [] })
      controller.enqueue({ type: 'response-metadata', modelId })
      for (const part of partsOf(answer)) controller.enqueue(part)
      if (answer.hangs) return
      if (answer.error !== undefined) controller.enqueue({ type: 'error', error: answer.error.value })
      else controller.enqueue({ type: 'finish', ...answer.finish })
      controller.close()
    },
  })
}

function waitFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (ms <= 0) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const leave = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(resolve, ms)
    if (signal?.aborted) leave()
    else signal?.addEventListener('abort', leave, { once: true })
  })
}
