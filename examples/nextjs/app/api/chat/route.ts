import { inMemoryCruxStore } from '@crux/core'
import { createCruxUIMessageStream, stripCruxParts } from '@crux/server'
import { convertToModelMessages, createUIMessageStreamResponse, streamText } from 'ai'
import { chooseModel } from '../../../agent/choose-model.ts'
import { researchTool } from '../../../agent/research-tool.ts'
import { conversation } from '../../../agent/conversation.ts'
import { readMessages, whatIsWhole } from '../../../lib/read-messages.ts'

/** Answers in a chat. While the model has its tool at work, plan and tasks ride in the answer's own stream. */
export async function POST(request: Request): Promise<Response> {
  const chat = await readMessages(request)
  if (!chat) return Response.json({ error: 'Expected messages that end with a question.' }, { status: 400 })
  const { messages, question } = chat
  const model = chooseModel()
  const modelMessages = await convertToModelMessages(stripCruxParts(messages), whatIsWhole)
  const stream = createCruxUIMessageStream({
    // One for each answer: what has to last is in the messages.
    store: inMemoryCruxStore(),
    persist: true,
    signal: request.signal,
    onError: (error) => {
      if (!request.signal.aborted) console.error(error)
      return 'The agent broke down; the server’s log says why.'
    },
    execute: ({ writer, crux }) => {
      const result = streamText({
        ...conversation({ part: 'chat' }, question),
        model,
        instructions: 'Call research once for each question, then say in two sentences what came of it.',
        messages: modelMessages,
        tools: { research: researchTool(crux, model) },
        abortSignal: request.signal,
      })
      writer.merge(result.toUIMessageStream({ onError: writer.onError }))
    },
  })
  return createUIMessageStreamResponse({ stream })
}
