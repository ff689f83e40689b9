import * as v7 from 'ai'
import * as v7Test from 'ai/test'
import * as v5 from 'ai-v5'
import * as v5First from 'ai-v5-first'
import * as v5FirstTest from 'ai-v5-first/test'
import * as v5Strict from 'ai-v5-strict'
import * as v5Test from 'ai-v5/test'
import * as v6 from 'ai-v6'
import * as v6First from 'ai-v6-first'
import * as v6FirstTest from 'ai-v6-first/test'
import * as v6Strict from 'ai-v6-strict'
import * as v6Test from 'ai-v6/test'
import * as v7First from 'ai-v7-first'
import * as v7FirstTest from 'ai-v7-first/test'
import * as v7Strict from 'ai-v7-strict'

/**
 * One release of the AI SDK, as far as the tests use it. The types of the releases differ in ways that do not matter
 * here, so all are looked at as the newest one.
 */
export interface Release {
  readonly name: string
  readonly major: 5 | 6 | 7
  readonly ai: typeof v7
}

const release = (name: string, ai: unknown): Release => ({
  name,
  major: Number(name[0]) as Release['major'],
  ai: ai as typeof v7,
})

/** First and newest release of each major: SDK-1. */
export const releases: readonly Release[] = [
  release('5.0.0', v5First),
  release('5.0.277', v5),
  release('6.0.0', v6First),
  release('6.0.326', v6),
  release('7.0.0', v7First),
  release('7.0.173', v7),
]

/** With the last release of each major that refuses unknown keys. */
export const clientReleases: readonly Release[] = [
  ...releases,
  release('5.0.216', v5Strict),
  release('6.0.230', v6Strict),
  release('7.0.31', v7Strict),
]

interface MockModelClass {
  new (options: { doStream: () => Promise<{ stream: ReadableStream<unknown> }> }): unknown
}

const mocks: Readonly<Record<string, unknown>> = {
  '5.0.0': v5FirstTest.MockLanguageModelV2,
  '5.0.277': v5Test.MockLanguageModelV2,
  '6.0.0': v6FirstTest.MockLanguageModelV3,
  '6.0.326': v6Test.MockLanguageModelV3,
  '7.0.0': v7FirstTest.MockLanguageModelV4,
  '7.0.173': v7Test.MockLanguageModelV4,
}

/** What a mock model says in one step. */
export type ModelStep =
  | { readonly text: string }
  | { readonly calls: readonly { id: string; name: string; input: unknown }[] }

/** A model of that release that says these steps, one per request. */
export function mockModel({ name, major }: Release, steps: readonly ModelStep[]): unknown {
  const Mock = mocks[name] as MockModelClass
  let index = 0
  return new Mock({
    doStream: async () => {
      const step = steps[index++] ?? { text: 'Done.' }
      return { stream: streamOfParts(modelParts(step, major)) }
    },
  })
}

function streamOfParts(parts: readonly unknown[]): ReadableStream<unknown> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part)
      controller.close()
    },
  })
}

function modelParts(step: ModelStep, major: number): unknown[] {
  const reason = 'text' in step ? 'stop' : 'tool-calls'
  const finish =
    major === 5
      ? { type: 'finish', finishReason: reason, usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } }
      : {
          type: 'finish',
          finishReason: { unified: reason, raw: reason },
          usage: { inputTokens: { total: 1 }, outputTokens: { total: 1 } },
        }
  const content =
    'text' in step
      ? [
          { type: 'text-start', id: 't' },
          { type: 'text-delta', id: 't', delta: step.text },
          { type: 'text-end', id: 't' },
        ]
      : step.calls.map(({ id, name, input }) => ({
          type: 'tool-call',
          toolCallId: id,
          toolName: name,
          input: JSON.stringify(input),
        }))
  return [{ type: 'stream-start', warnings: [] }, ...content, finish]
}
