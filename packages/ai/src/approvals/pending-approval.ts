import type { PendingApproval } from '@crux/core/tool-middleware'
import type { OpenApproval } from './approval-decisions.ts'

/** A request without its token: who has only the history cannot approve (AI-56). */
export function pendingApproval({ call, request }: Pick<OpenApproval, 'call' | 'request'>): PendingApproval {
  const { toolCallId, toolName, input } = call
  return { approvalId: request.approvalId, toolCallId, toolName, input }
}
