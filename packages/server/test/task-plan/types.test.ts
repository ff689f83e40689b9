import type { TaskPlanDataParts } from '@crux/core'
import { readTaskPlan, stripTaskPlanParts } from '@crux/core/client'
import { injectTaskPlanIntoStream, taskPlanTransform } from '@crux/server/task-plan'
import * as v7 from 'ai'
import * as v5 from 'ai-v5'
import * as v5First from 'ai-v5-first'
import * as v6 from 'ai-v6'
import * as v6First from 'ai-v6-first'
import * as v7First from 'ai-v7-first'
import { expectTypeOf, test } from 'vitest'

// What is proved here is that this file compiles: no release needs a cast.

test('INJ-A29 SDK-8 each release takes the stream with a plan in it, and its messages take the parts', () => {
  const answers = [
    (stream: ReadableStream<v5First.UIMessageChunk>) =>
      v5First.createUIMessageStreamResponse({ stream: stream.pipeThrough(taskPlanTransform()) }),
    (stream: ReadableStream<v5.UIMessageChunk>) =>
      v5.createUIMessageStreamResponse({ stream: stream.pipeThrough(taskPlanTransform()) }),
    (stream: ReadableStream<v6First.UIMessageChunk>) =>
      v6First.createUIMessageStreamResponse({ stream: stream.pipeThrough(taskPlanTransform()) }),
    (stream: ReadableStream<v6.UIMessageChunk>) =>
      v6.createUIMessageStreamResponse({ stream: stream.pipeThrough(taskPlanTransform()) }),
    (stream: ReadableStream<v7First.UIMessageChunk>) =>
      v7First.createUIMessageStreamResponse({ stream: stream.pipeThrough(taskPlanTransform()) }),
    (stream: ReadableStream<v7.UIMessageChunk>) =>
      v7.createUIMessageStreamResponse({ stream: stream.pipeThrough(taskPlanTransform()) }),
  ]
  const requests = [
    (messages: v5First.UIMessage[]) => v5First.convertToModelMessages(stripTaskPlanParts(messages)),
    (messages: v5.UIMessage[]) => v5.convertToModelMessages(stripTaskPlanParts(messages)),
    (messages: v6First.UIMessage[]) => v6First.convertToModelMessages(stripTaskPlanParts(messages)),
    (messages: v6.UIMessage[]) => v6.convertToModelMessages(stripTaskPlanParts(messages)),
    (messages: v7First.UIMessage[]) => v7First.convertToModelMessages(stripTaskPlanParts(messages)),
    (messages: v7.UIMessage[]) => v7.convertToModelMessages(stripTaskPlanParts(messages)),
  ]
  type Message = v7.UIMessage<unknown, TaskPlanDataParts>
  const read = (message: Message) => readTaskPlan(message.parts)
  expectTypeOf(answers[0]).not.toBeNever()
  expectTypeOf(requests[0]).not.toBeNever()
  expectTypeOf(read).returns.toExtend<TaskPlanDataParts['agent-task-plan'] | undefined>()
  expectTypeOf(injectTaskPlanIntoStream).returns.toEqualTypeOf<Response>()
})
