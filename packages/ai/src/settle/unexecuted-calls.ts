import type { ModelMessage, ToolSet } from 'ai'
import { answerOpenCalls, requestedIds } from './open-calls.ts'

/**
 * What a run answered, with an error result for each call that the SDK left unexecuted because the model was cut off:
 * sending such a call back would fail (AI-66, AI-98). Open approval requests stay open, and so do calls of tools
 * without `execute`, which are the application's to answer.
 */
export function withUnexecutedCalls(
  responseMessages: readonly ModelMessage[],
  finishReason: string,
  tools: ToolSet,
): readonly ModelMessage[] {
  if (finishReason === 'stop' || finishReason === 'tool-calls') return responseMessages
  const requested = new Set(requestedIds(responseMessages.findLast(({ role }) => role === 'assistant')))
  return answerOpenCalls(responseMessages, ({ toolCallId, toolName }) => {
    const isExecutable = Object.hasOwn(tools, toolName) && tools[toolName]?.execute !== undefined
    if (!isExecutable || requested.has(toolCallId)) return undefined
    return { type: 'error-text', value: `not executed: model stopped with ${finishReason}` }
  })
}
