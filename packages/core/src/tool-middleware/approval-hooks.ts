import type { ToolApprovalRequest } from './approval-history.ts'

/** What is asked, and until when, in epoch milliseconds. It has no token: those are in `pendingApprovals` only (AI-56). */
export interface AskedApproval extends ToolApprovalRequest {
  readonly expiresAt: number
}

/** What was decided about a call. */
export interface ApprovalDecision extends ToolApprovalRequest {
  /** What the person said to it. */
  readonly reason?: string
}

/** Who is told of requests and decisions. Each is awaited; what it throws ends the call, and the tool does not run. */
export interface ApprovalHooks {
  /** Once a request, after the model's turn. */
  readonly onRequest?: ((request: AskedApproval) => void | Promise<void>) | undefined
  /** Once an approval, after its token was verified and used up, before the tool runs. */
  readonly onApproved?: ((decision: ApprovalDecision) => void | Promise<void>) | undefined
  /** Once a denial, before the model is told of it. */
  readonly onDenied?: ((decision: ApprovalDecision) => void | Promise<void>) | undefined
}
