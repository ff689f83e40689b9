import type { ToolMiddleware } from '@crux/core/tool-middleware'
import type { ToolSet } from 'ai'
import { createGate, type ToolApprovalFunction } from './approval-gate.ts'
import { wrapTools } from './wrap-tools.ts'

/** What an agent of the SDK takes. */
export interface AgentTools {
  readonly tools: ToolSet
  /** Only if something may need an approval. */
  readonly toolApproval?: ToolApprovalFunction
}

/**
 * Tools and gate for an agent that has a loop of its own (AI-74). Middleware runs around its tools, and the same policy
 * decides what waits for an approval; but the agent reads the responses itself, so there are no tokens, and the
 * callbacks of approval middleware are not called.
 */
export function wrapToolsForAgent(tools: ToolSet, middleware: readonly ToolMiddleware[]): AgentTools {
  const hasHooks = middleware.some(({ approval }) => approval === undefined)
  const isGated =
    middleware.some(({ approval }) => approval !== undefined) ||
    Object.values(tools).some(({ needsApproval }) => needsApproval !== undefined && needsApproval !== false)
  return {
    tools: hasHooks ? wrapTools(tools, middleware) : tools,
    ...(isGated && { toolApproval: createGate('resolve', { tools, middleware, toolApproval: undefined }) }),
  }
}
