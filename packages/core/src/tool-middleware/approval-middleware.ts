import type { ApprovalHooks } from './approval-hooks.ts'
import { checkId, matchTool, misuse } from './match-tool.ts'
import type { ToolMatcher } from './tool-call-info.ts'
import type { ToolMiddleware } from './tool-middleware.ts'

/** What `approvalMiddleware` takes. */
export interface ApprovalConfig extends ApprovalHooks {
  /** Who it is, in messages. Not empty. */
  readonly id: string
  /** The calls that need an approval: any entry that selects the call will do. At least one entry. */
  readonly match: readonly ToolMatcher[]
}

/**
 * Makes every call that `match` selects wait for a person (AI-53): the run is suspended, and goes on when its messages
 * come back with an answer. A predicate that throws fails the call; the tool does not run.
 *
 * Throws `invalid-value` for an empty id and an empty `match`.
 *
 * @example
 * const payments = approvalMiddleware({
 *   id: 'payments',
 *   match: ['refund', ({ input }) => isLarge(input)],
 * })
 */
/* @__NO_SIDE_EFFECTS__ */
export function approvalMiddleware({
  id,
  match,
  onRequest,
  onApproved,
  onDenied,
}: ApprovalConfig): ToolMiddleware {
  checkId('approvalMiddleware', id)
  // Not the default of every tool: whoever left `match` out by mistake would learn of it from a person who waits.
  if (match === undefined || match.length === 0) {
    throw misuse('approvalMiddleware(): match needs at least 1 entry')
  }
  return Object.freeze({
    id,
    matches: matchTool('approvalMiddleware', match),
    approval: Object.freeze({ onRequest, onApproved, onDenied }),
  })
}
