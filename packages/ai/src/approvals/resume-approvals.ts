import { ToolApprovalError, type PendingApproval } from '@crux/core/tool-middleware'
import type { ModelMessage, ToolSet } from 'ai'
import { misuse } from '../misuse.ts'
import { answeredHistory, callWithoutResult } from './answered-history.ts'
import { decideApprovals, type OpenApproval } from './approval-decisions.ts'
import type { ApprovalSigner } from './approval-signer.ts'
import { pendingApproval } from './pending-approval.ts'
import { readHistory } from './read-history.ts'

/** What becomes of a history before it is sent. */
export type Resumption =
  /** Nobody was asked, nobody has responded: send it as it is. */
  | { readonly kind: 'nothing' }
  /** Somebody has yet to respond: call nobody, give the same messages back. */
  | { readonly kind: 'suspended'; readonly pendingApprovals: readonly PendingApproval[] }
  /** Send these. What is approved of `decided` may run, each once: its approval is used up. */
  | {
      readonly kind: 'resumed'
      readonly messages: ModelMessage[]
      readonly decided: readonly OpenApproval[]
    }

/**
 * Everything that stands between a history and the SDK, in the order of AI-59. Up to the last step nothing is changed
 * anywhere, so whatever throws can be tried again:
 *
 *     read, decide ──> chat went on? ──> verify ──> undecided? ──> can it run? ──> use up ──> rewrite
 *      (1)   (2)           (3)            (4)          (5)             (6)          (6)        (7)
 *
 * Throws `ToolApprovalError` (AI-62), or `usage` for a history that cannot go on.
 */
export async function resumeApprovals(
  given: readonly ModelMessage[],
  { caller, tools, signer }: { caller: string; tools: ToolSet; signer: ApprovalSigner },
): Promise<Resumption> {
  // Copied: the caller's list may grow while we wait for keys and stores.
  const messages = [...given]
  const history = readHistory(caller, messages)
  const open = decideApprovals(history)
  if (open.length === 0 && history.responses.length === 0) return { kind: 'nothing' }

  const lastTurn = messages.findLastIndex(({ role }) => role !== 'tool')
  const left = open.filter(({ request }) => request.turn < lastTurn)
  const last = open.filter(({ request }) => request.turn >= lastTurn)
  checkLeftBehind(caller, messages, left)

  const expiries = new Map<OpenApproval, number>()
  for (const approval of open) {
    const expiry = await verify(approval, signer)
    if (expiry !== undefined) expiries.set(approval, expiry)
  }

  const undecided = open.filter(({ decision }) => decision === 'undecided')
  if (undecided.length > 0) {
    return { kind: 'suspended', pendingApprovals: undecided.map(pendingApproval) }
  }

  const approved = open.filter(({ decision }) => decision === 'approved')
  for (const approval of approved) checkRunnable(caller, tools, approval)
  const resumed = answeredHistory(messages, { inPlace: left, decided: last })
  checkNothingElseIsOpen(caller, callWithoutResult(resumed, last))
  for (const approval of approved) {
    // One without a verified end would be over: nothing runs that step (4) has not seen.
    const expiry = expiries.get(approval) ?? 0
    for (const approvalId of approvalIds(approval)) await signer.consume(approvalId, expiry)
  }

  return { kind: 'resumed', messages: resumed, decided: open }
}

/** (3) What the chat has passed over can only be denied. */
function checkLeftBehind(
  caller: string,
  messages: readonly ModelMessage[],
  left: readonly OpenApproval[],
): void {
  const open = left.find(({ decision }) => decision !== 'denied')
  if (open !== undefined) {
    const { approvalId } = open.request
    throw misuse(
      caller,
      `messages continue after open approval "${approvalId}"; answer it first, deny to skip`,
    )
  }
  if (left.length === 0) return
  // With the last user turn as the end, what has no result there never will have one.
  const end = messages.findLastIndex(({ role }) => role !== 'tool')
  checkNothingElseIsOpen(caller, callWithoutResult(messages.slice(0, end), left))
}

/** (4) When the tokens of an approval end; `undefined` where nothing is approved. */
async function verify(approval: OpenApproval, signer: ApprovalSigner): Promise<number | undefined> {
  const { call, approvals } = approval
  let expiry: number | undefined
  for (const approvalId of approvalIds(approval)) {
    const tokens = approvals
      .filter((response) => response.approvalId === approvalId && response.token !== undefined)
      .map(({ token }) => token)
    if (tokens.length === 0) {
      throw new ToolApprovalError(
        'missing-token',
        `Approval "${approvalId}" has no approvalToken. It is in pendingApprovals of the result that asked, and nowhere else: store those beside the messages, where only approvers can read them. A lost token can only be denied; the model may then ask again.`,
        approvalId,
      )
    }
    for (const token of tokens) {
      expiry = Math.min(expiry ?? Infinity, await signer.verify(token, { ...call, approvalId }))
    }
  }
  return expiry
}

/** Usually one; more where older requests for the same call were approved as well. */
function approvalIds({ approvals }: OpenApproval): ReadonlySet<string> {
  return new Set(approvals.map(({ approvalId }) => approvalId))
}

/** (6) What cannot run must not use up its approval. */
function checkRunnable(caller: string, tools: ToolSet, { call }: OpenApproval): void {
  if (call.isProviders) return
  const { toolName } = call
  const tool = Object.hasOwn(tools, toolName) ? tools[toolName] : undefined
  if (tool === undefined) {
    throw misuse(
      caller,
      `tools has no "${toolName}", which was approved; pass the tools of the call that asked`,
    )
  }
  if (typeof tool.execute !== 'function') {
    throw misuse(
      caller,
      `tool "${toolName}", which was approved, has no execute; pass the tools of the call that asked`,
    )
  }
}

function checkNothingElseIsOpen(
  caller: string,
  call: { readonly toolCallId: string; readonly toolName: string } | undefined,
): void {
  if (call === undefined) return
  throw misuse(
    caller,
    `messages hold call "${call.toolCallId}" of tool "${call.toolName}" without a result; add its result first`,
  )
}
