import type { ToolCallInfo, ToolMiddleware } from '@crux/core/tool-middleware'
import type { ModelMessage } from 'ai'
import type { OpenApproval } from './approval-decisions.ts'
import type { ApprovalSubject } from './approval-signer.ts'
import { pendingApproval } from './pending-approval.ts'
import { callInfo } from './run-tool.ts'

/** Tells each approval middleware that matches of a request, in order. `request` has no token (AI-56). */
export async function tellOfRequest(
  middleware: readonly ToolMiddleware[],
  call: ToolCallInfo,
  request: ApprovalSubject & { readonly expiresAt: number },
): Promise<void> {
  for (const { approval, matches } of middleware) {
    if (approval?.onRequest !== undefined && (await matches(call))) await approval.onRequest(request)
  }
}

/** Tells each approval middleware that matches of what was decided, in the order of the requests (AI-64). */
export async function tellOfDecisions(
  middleware: readonly ToolMiddleware[],
  messages: readonly ModelMessage[],
  decided: readonly OpenApproval[],
): Promise<void> {
  for (const open of decided) {
    const { reason } = open.response ?? {}
    const decision = { ...pendingApproval(open), ...(reason !== undefined && { reason }) }
    const call = callOf(open, messages)
    for (const { approval, matches } of middleware) {
      const tell = open.decision === 'approved' ? approval?.onApproved : approval?.onDenied
      if (tell !== undefined && (await matches(call))) await tell(decision)
    }
  }
}

/** The call as the gate saw it, as far as a history tells. */
export function callOf({ call }: Pick<OpenApproval, 'call'>, history: readonly ModelMessage[]): ToolCallInfo {
  const { toolCallId, toolName, input, turn } = call
  return callInfo(toolName, input, { toolCallId, messages: history.slice(0, turn) })
}
