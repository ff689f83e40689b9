import type { ModelMessage, ToolModelMessage } from 'ai'
import type { OpenApproval } from './approval-decisions.ts'
import type { HistoryCall } from './read-history.ts'

type ToolPart = ToolModelMessage['content'][number]

/**
 * The history as the SDK gets it (AI-59 (3), (7)): `inPlace`, which are denied, have their result right behind the turn
 * of their call; all responses are taken out, and those of `decided` stand in one last tool turn, the only one the SDK
 * reads them from. No token is left.
 */
export function answeredHistory(
  messages: readonly ModelMessage[],
  { inPlace, decided }: { inPlace: readonly OpenApproval[]; decided: readonly OpenApproval[] },
): ModelMessage[] {
  const resultsOf = (turn: number) => inPlace.filter(({ call }) => call.turn === turn).map(deniedResult)
  const history = messages.flatMap((message, turn): ModelMessage[] => {
    const results = resultsOf(turn - 1)
    if (message.role !== 'tool') return [...toolTurn(results), message]
    const kept = message.content.filter(({ type }) => type !== 'tool-approval-response')
    return kept.length + results.length > 0 ? [{ ...message, content: [...kept, ...results] }] : []
  })
  return [...history, ...toolTurn(resultsOf(messages.length - 1)), ...toolTurn(decided.map(responsePart))]
}

/**
 * A call of a tool without a result that the SDK would refuse to send, after having run whatever was approved (AI-98):
 * it wants a result in a tool turn before the next user turn or the end. At the end the `decided` are left out: they
 * are about to get theirs.
 */
export function callWithoutResult(
  messages: readonly ModelMessage[],
  decided: readonly OpenApproval[],
): Pick<HistoryCall, 'toolCallId' | 'toolName'> | undefined {
  const open = new Map<string, Pick<HistoryCall, 'toolCallId' | 'toolName'>>()
  const first = () => open.values().next().value
  for (const { role, content } of messages) {
    if ((role === 'user' || role === 'system') && open.size > 0) return first()
    if (typeof content === 'string') continue
    for (const part of content) {
      if (role === 'assistant' && part.type === 'tool-call' && part.providerExecuted !== true) {
        open.set(part.toolCallId, part)
      }
      if (role === 'tool' && part.type === 'tool-result') open.delete(part.toolCallId)
    }
  }
  for (const { call } of decided) open.delete(call.toolCallId)
  return first()
}

function toolTurn(content: ToolPart[]): ToolModelMessage[] {
  return content.length > 0 ? [{ role: 'tool', content }] : []
}

function deniedResult({ call, response }: OpenApproval): ToolPart {
  const { toolCallId, toolName } = call
  return {
    type: 'tool-result',
    toolCallId,
    toolName,
    output: {
      type: 'execution-denied',
      ...(response?.reason !== undefined && { reason: response.reason }),
    },
  }
}

// Made anew instead of copied, so that nothing reaches the SDK that was not looked at.
function responsePart({ call, request, decision, response }: OpenApproval): ToolPart {
  return {
    type: 'tool-approval-response',
    approvalId: request.approvalId,
    approved: decision === 'approved',
    ...(response?.reason !== undefined && { reason: response.reason }),
    // The provider that runs the call has to be told.
    ...(call.isProviders && { providerExecuted: true }),
  }
}
