import { injectTaskPlanIntoStream, stripTaskPlanParts } from '@crux/server/task-plan'
import { convertToModelMessages, streamText } from 'ai'
import { chooseModel } from '../../../agent/choose-model.ts'
import { conversation } from '../../../agent/conversation.ts'
import { describeCall, libraryTools } from '../../../agent/library-tools.ts'
import { readMessages, whatIsWhole } from '../../../lib/read-messages.ts'

const label = { search: 'Search the library', read: 'Read a source', write: 'Write the answer' }

/** A route like any other, with tools like any others. Its last line makes a plan of their calls. */
export async function POST(request: Request): Promise<Response> {
  const chat = await readMessages(request)
  if (!chat) return Response.json({ error: 'Expected messages that end with a question.' }, { status: 400 })
  const { messages, question } = chat
  const result = streamText({
    ...conversation({ part: 'drop-in' }, question),
    model: chooseModel(),
    instructions: 'Search first, then read three sources one by one, then write. A source may be closed.',
    messages: await convertToModelMessages(stripTaskPlanParts(messages), whatIsWhole),
    tools: libraryTools,
    abortSignal: request.signal,
  })
  const response = result.toUIMessageStreamResponse()
  return injectTaskPlanIntoStream(response, { initialMessages: messages, label, detail: describeCall })
}
