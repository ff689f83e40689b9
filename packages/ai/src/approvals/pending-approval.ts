import type { OpenApproval } from './approval-decisions.ts'
import type { ApprovalSubject } from './approval-signer.ts'

/** A request without its token: who has only the history cannot approve (AI-56). */
export function pendingApproval({ call, request }: Pick<OpenApproval, 'call' | 'request'>): ApprovalSubject {
  const { toolCallId, toolName, input } = call
  return { approvalId: request.approvalId, toolCallId, toolName, input }
}
