import { setTimeout as pause } from 'node:timers/promises'
import type { LanguageModelV4, LanguageModelV4Message, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { pace } from './pace.ts'
import { cueSchema, type Line, linesFor } from './script.ts'

/**
 * A language model that needs no network: it plays `script.ts`, a sentence and at most one tool call a turn, with the
 * pauses a real model would make. What it has no tool for it leaves out. The same topic and the same decisions give the
 * same run.
 */
export function scriptedModel(): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'scripted',
    modelId: 'scripted',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('The scripted model only streams.')),
    doStream: async ({ prompt, providerOptions, tools = [], abortSignal }) => {
      const cue = cueSchema.parse(providerOptions?.scripted)
      const canDo = ({ tool }: Line) => tool === undefined || tools.some(({ name }) => name === tool)
      const asked = prompt.findLastIndex(({ role }) => role === 'user')
      const turn = prompt.slice(asked + 1).filter(({ role }) => role === 'tool').length
      const lines = linesFor(cue, { isDenied: prompt.some(hasDenial) }).filter(canDo)
      return { stream: speak(lines[turn], abortSignal) }
    },
  }
}

/** True for the turn that tells of a call which a person did not allow. */
function hasDenial({ role, content }: LanguageModelV4Message): boolean {
  if (role !== 'tool') return false
  return content.some((part) => part.type === 'tool-result' && part.output.type === 'execution-denied')
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
      if (line?.breaks !== undefined) throw new Error(line.breaks)
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
