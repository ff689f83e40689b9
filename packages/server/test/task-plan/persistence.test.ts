import { readTaskPlan } from '@crux/core/client'
import { taskPlanTransform } from '@crux/server/task-plan'
import type { UIMessage } from 'ai'
import { describe, expect, test } from 'vitest'
import { chunksOf, fixture } from './fixtures.ts'
import { chatOver } from './headless-chat.ts'
import { releases } from './releases.ts'
import { summary } from './run-reducer.ts'
import { collect, streamOf } from './streams.ts'

describe('INJ-A26 INJ-5 the chunk transform merged into a stream of the AI SDK', () => {
  for (const release of releases) {
    test(`${release.name}: its end callback and the copy of its response have the plan`, async () => {
      const { ai } = release
      const saved: UIMessage[] = []
      const save = ({ responseMessage }: { responseMessage: UIMessage }) => void saved.push(responseMessage)
      const chunks = chunksOf(fixture(`first-releases/${release.major}.0.0/05`).bytes)
      const stream = ai.createUIMessageStream({
        execute: ({ writer }) =>
          writer.merge(streamOf(chunks).pipeThrough(taskPlanTransform({ planId: 'p' })) as never),
        // The name of the callback in 7, and in 5 and 6.
        ...({ onEnd: save, ...(release.major < 7 && { onFinish: save }) } as object),
      })
      const copies: Promise<string[]>[] = []
      const response = ai.createUIMessageStreamResponse({
        stream,
        consumeSseStream: ({ stream: copy }) => void copies.push(collect(copy)),
      })
      const text = await response.text()
      expect(summary(readTaskPlan(saved[0]?.parts ?? []))).toEqual(['call-a done', 'call-b done'])
      expect((await copies[0])?.join('')).toBe(text)
      expect(text).toContain('data-agent-task-plan')

      const replayed = await chatOver(
        release,
        () => new Response(text, { headers: { 'content-type': 'text/event-stream' } }),
      )
      const parts = replayed.messages.flatMap((message) => message.parts)
      expect(parts.filter(({ type }) => type === 'data-agent-task-plan')).toHaveLength(1)
    })
  }
})
