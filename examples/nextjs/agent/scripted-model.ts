import { setTimeout as pause } from 'node:timers/promises'
import type { LanguageModelV4, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { pace } from './pace.ts'
import { cueSchema, type Line, linesFor } from './script.ts'

/**
 * A language model that needs no network: it plays `script.ts`, a sentence and at most one tool call a turn, with the pauses a real model
 * would make. The same topic gives the same run.
 */
export function scriptedModel(): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'scripted',
    modelId: 'scripted',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('The scripted model only streams.')),
    doStream: async ({ prompt, providerOptions, abortSignal }) => {
      const cue = cueSchema.parse(providerOptions?.scripted)
      const asked = prompt.findLastIndex(({ role }) => role === 'user')
      const turn = prompt.slice(asked + 1).filter(({ role }) => role === 'tool').length
      return { stream: speak(linesFor(cue)[turn], abortSignal) }
    },
  }
}

/** One turn: what it says, at most one tool call, then the end. */
function speak(
  line: Line | undefined,
  signal: AbortSignal | undefined,
): ReadableStream<LanguageModelV4StreamPart> {
  return new ReadableStream({
    start: async (controller) => {
      controller.enqueue({ type: 'stream-start', warnings: [] })
      if (line) {
        await pause(line.afterMs * pace, undefined, { signal })
        for await (const part of sentence(line.says, signal)) controller.enqueue(part)
      }
      if (line?.tool !== undefined) {
        const input = JSON.stringify(line.input)
        controller.enqueue({ type: 'tool-call', toolCallId: crypto.randomUUID(), toolName: line.tool, input })
      }
      const unified = line?.tool === undefined ? 'stop' : 'tool-calls'
      controller.enqueue({ type: 'finish', finishReason: { unified, raw: undefined }, usage: noUsage })
      controller.close()
    },
  })
}

/** Word by word. */
async function* sentence(
  text: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<LanguageModelV4StreamPart> {
  if (text === undefined) return
  yield { type: 'text-start', id: 'text' }
  for (const delta of text.split(/(?<= )/)) {
    await pause(60 * pace, undefined, { signal })
    yield { type: 'text-delta', id: 'text', delta }
  }
  yield { type: 'text-end', id: 'text' }
}

const noUsage = {
  inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 0, text: 0, reasoning: 0 },
}
