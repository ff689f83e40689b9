import type { LanguageModel } from 'ai'
import { toModelV4 } from '../gateway/normalize-model.ts'
import type { ModelCallOptions, ModelStreamPart, ModelStreamResult } from '../gateway/sdk-types.ts'
import { modelIdOf } from './language-model.ts'
import type { Outcome } from './within-limit.ts'

type Reader = ReadableStreamDefaultReader<ModelStreamPart>

/**
 * Begins a stream of one model and reads on to its first content. Up to there nothing has reached the caller, so that
 * another model can still take over; the parts read are kept and come first in the stream given back. An error before
 * any content is a failure, and the stream that holds it is given back too.
 */
export async function openMember(
  member: LanguageModel,
  options: ModelCallOptions,
): Promise<Outcome<ModelStreamResult>> {
  const { abortSignal } = options
  const result = await toModelV4(member).doStream(options)
  const reader = result.stream.getReader()
  const stop = () => void reader.cancel(abortSignal?.reason).catch(() => {})
  if (abortSignal?.aborted) stop()
  abortSignal?.addEventListener('abort', stop, { once: true })
  const head: ModelStreamPart[] = []
  let failure: { readonly error: unknown } | undefined
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      head.push(value)
      if (value.type === 'error') failure = { error: value.error }
      if (failure !== undefined || isContent(value)) break
    }
  } finally {
    abortSignal?.removeEventListener('abort', stop)
  }
  const stream = streamOf(named(head, modelIdOf(member)), reader)
  return { answer: { ...result, stream }, ...(failure && { failure }) }
}

/** False for what says nothing yet: of a block that has only begun, no reader has seen a character. */
function isContent(part: ModelStreamPart): boolean {
  switch (part.type) {
    case 'stream-start':
    case 'response-metadata':
    case 'ping':
    case 'raw':
    case 'text-start':
    case 'reasoning-start':
    case 'tool-input-start':
      return false
    case 'text-delta':
    case 'reasoning-delta':
    case 'tool-input-delta':
      return part.delta !== ''
    default:
      return true
  }
}

/** With the id of the model that serves, which the SDK would otherwise take from the fallback as a whole. */
function named(head: readonly ModelStreamPart[], modelId: string): ModelStreamPart[] {
  if (head.some((part) => part.type === 'response-metadata' && part.modelId !== undefined)) return [...head]
  return head.toSpliced(head[0]?.type === 'stream-start' ? 1 : 0, 0, { type: 'response-metadata', modelId })
}

function streamOf(head: ModelStreamPart[], reader: Reader): ReadableStream<ModelStreamPart> {
  const waiting = head.values()
  return new ReadableStream(
    {
      pull: async (controller) => {
        const next = waiting.next()
        const { done, value } = next.done ? await reader.read() : { done: false, value: next.value }
        if (done || value === undefined) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // What is not asked for is not read: the model's own backpressure stays.
    { highWaterMark: 0 },
  )
}
