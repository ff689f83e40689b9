// What runs around tools
export { toolMiddleware } from './tool-middleware.ts'
export type { ToolMiddleware } from './tool-middleware.ts'
export type { ToolCallInfo } from './tool-call-info.ts'

// What waits for a person
export { approvalMiddleware } from './approval-middleware.ts'
export type { ApprovalConfig } from './approval-middleware.ts'
export { appendToolApprovalResponse, findToolApprovalRequests } from './approval-history.ts'
export type { PendingApproval } from './approval-history.ts'
export { memoryApprovalStore } from './approval-store.ts'
export type { ApprovalStore } from './approval-store.ts'
export { ToolApprovalError } from './tool-approval-error.ts'
