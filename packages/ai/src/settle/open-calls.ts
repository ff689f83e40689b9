import type { AssistantModelMessage, ModelMessage, ToolCallPart, ToolModelMessage, ToolResultPart } from 'ai'

type ToolResultOutput = ToolResultPart['output']

/**
 * The history with a result for each call of its last assistant turn that has none and for which `answer` gives one;
 * the very list if there is nothing to add. Calls that the provider executes are its own business.
 */
export function answerOpenCalls(
  messages: readonly ModelMessage[],
  answer: (call: ToolCallPart) => ToolResultOutput | undefined,
): readonly ModelMessage[] {
  const last = messages.findLastIndex(({ role }) => role === 'assistant')
  const turn = messages[last]
  if (turn?.role !== 'assistant') return messages
  const settled = new Set(messages.slice(last).flatMap(settledIds))
  const results = callsOf(turn)
    .filter((call) => call.providerExecuted !== true && !settled.has(call.toolCallId))
    .flatMap((call): ToolResultPart[] => {
      const output = answer(call)
      const { toolCallId, toolName } = call
      return output === undefined ? [] : [{ type: 'tool-result', toolCallId, toolName, output }]
    })
  if (results.length === 0) return messages
  const behind = messages[last + 1]
  const toolTurn: ToolModelMessage = { role: 'tool', content: results }
  return behind?.role === 'tool'
    ? messages.with(last + 1, { ...behind, content: [...behind.content, ...results] })
    : messages.toSpliced(last + 1, 0, toolTurn)
}

/** Ids of the calls of this turn that wait for an approval by a person. */
export function requestedIds(message: ModelMessage | undefined): readonly string[] {
  if (message?.role !== 'assistant' || typeof message.content === 'string') return []
  return message.content.flatMap((part) =>
    part.type === 'tool-approval-request' && part.isAutomatic !== true ? [part.toolCallId] : [],
  )
}

function callsOf({ content }: AssistantModelMessage): ToolCallPart[] {
  return typeof content === 'string' ? [] : content.filter((part) => part.type === 'tool-call')
}

function settledIds(message: ModelMessage): string[] {
  if (message.role === 'user' || message.role === 'system' || typeof message.content === 'string') return []
  return message.content.flatMap((part) => (part.type === 'tool-result' ? [part.toolCallId] : []))
}
