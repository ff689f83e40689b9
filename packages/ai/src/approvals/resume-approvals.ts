import { ToolApprovalError } from '@crux/core/tool-middleware'
import type { ModelMessage, ToolSet } from 'ai'
import { misuse } from '../misuse.ts'
import { answeredHistory, callWithoutResult } from './answered-history.ts'
import { decideApprovals, type OpenApproval } from './approval-decisions.ts'
import type { ApprovalSigner, ApprovalSubject } from './approval-signer.ts'
import { pendingApproval } from './pending-approval.ts'
import { readHistory } from './read-history.ts'

/** What becomes of a history before it is sent. */
export type Resumption =
  /** Nobody was asked, nobody has responded: send it as it is. */
  | { readonly kind: 'nothing'; readonly messages: readonly ModelMessage[] }
  /** Somebody has yet to respond: call nobody, give the same messages back. */
  | {
      readonly kind: 'suspended'
      readonly messages: readonly ModelMessage[]
      readonly pendingApprovals: readonly ApprovalSubject[]
    }
  /** Send these. What is approved of `decided` may run, each once: its approval is used up. */
  | {
      readonly kind: 'resumed'
      readonly messages: readonly ModelMessage[]
      readonly decided: readonly OpenApproval[]
    }

/**
 * Everything that stands between a history and the SDK, in the order of AI-59. Up to the last step nothing is changed
 * anywhere, so whatever throws can be tried again:
 *
 *     read, decide ──> chat went on? ──> verify ──> undecided? ──> can it run? ──> use up ──> rewrite
 *      (1)   (2)           (3)            (4)          (5)             (6)          (6)        (7)
 *
 * Throws `ToolApprovalError` (AI-62), or `usage` for a history that cannot go on. Once `signal` is aborted nothing more is
 * used up.
 */
export async function resumeApprovals(
  messages: readonly ModelMessage[],
  {
    caller,
    tools,
    signer,
    signal,
  }: {
    readonly caller: string
    readonly tools: ToolSet
    readonly signer: ApprovalSigner
    readonly signal?: AbortSignal | undefined
  },
): Promise<Resumption> {
  const history = readHistory(caller, messages)
  const open = decideApprovals(history)
  if (open.length === 0 && history.responses.length === 0) return { kind: 'nothing', messages }

  const lastTurn = messages.findLastIndex(({ role }) => role !== 'tool')
  const left = open.filter(({ request }) => request.turn < lastTurn)
  const last = open.filter(({ request }) => request.turn >= lastTurn)
  checkLeftBehind(caller, messages.slice(0, lastTurn), left)

  const tokens: VerifiedToken[] = []
  for (const approval of open) tokens.push(...(await verify(approval, signer)))

  const undecided = open.filter(({ decision }) => decision === 'undecided')
  if (undecided.length > 0) {
    return { kind: 'suspended', messages, pendingApprovals: undecided.map(pendingApproval) }
  }

  for (const approval of open) if (approval.decision === 'approved') checkRunnable(caller, tools, approval)
  const resumed = answeredHistory(messages, { inPlace: left, decided: last })
  checkNothingElseIsOpen(caller, callWithoutResult(resumed, last))
  for (const { approvalId, expiresAt } of tokens) {
    signal?.throwIfAborted()
    await signer.consume(approvalId, expiresAt)
  }

  return { kind: 'resumed', messages: resumed, decided: open }
}

/** (3) What the chat has passed over can only be denied. */
function checkLeftBehind(caller: string, past: readonly ModelMessage[], left: readonly OpenApproval[]): void {
  const open = left.find(({ decision }) => decision !== 'denied')
  if (open !== undefined) {
    const { approvalId } = open.request
    throw misuse(
      caller,
      `messages continue after open approval "${approvalId}"; answer it first, deny to skip`,
    )
  }
  if (left.length === 0) return
  // What has no result there never will have one.
  checkNothingElseIsOpen(caller, callWithoutResult(answeredHistory(past, { inPlace: left, decided: [] }), []))
}

interface VerifiedToken {
  readonly approvalId: string
  readonly expiresAt: number
}

/**
 * (4) The tokens that came with what was said about a call, one an id: usually one, more where older requests for it were
 * approved as well. A denied call needs none, and a token that does not count is as none; one that counts is used up,
 * so that nobody can approve with it any more (AI-64).
 */
async function verify(
  { call, decision, responses }: OpenApproval,
  signer: ApprovalSigner,
): Promise<VerifiedToken[]> {
  const verified = new Map<string, number>()
  for (const { approvalId, token } of responses) {
    if (token === undefined) continue
    try {
      const expiresAt = await signer.verify(token, { ...call, approvalId })
      // The latest: a store that forgot the id earlier would let the other token pass.
      verified.set(approvalId, Math.max(expiresAt, verified.get(approvalId) ?? 0))
    } catch (error) {
      if (decision !== 'denied') throw error
    }
  }
  const missing = responses.find(({ approvalId }) => !verified.has(approvalId))
  if (decision !== 'denied' && missing !== undefined) {
    const { approvalId } = missing
    throw new ToolApprovalError(
      'missing-token',
      `Approval "${approvalId}" has no approvalToken. It is in pendingApprovals of the result that asked, and nowhere else: store those beside the messages, where only approvers can read them. A lost token can only be denied; the model may then ask again.`,
      approvalId,
    )
  }
  return Array.from(verified, ([approvalId, expiresAt]) => ({ approvalId, expiresAt }))
}

/** (6) What cannot run must not use up its approval. */
function checkRunnable(caller: string, tools: ToolSet, { call }: OpenApproval): void {
  if (call.isProviders) return
  const { toolName } = call
  if (typeof tools[toolName]?.execute === 'function') return
  throw misuse(
    caller,
    `tools has no "${toolName}" with an execute, which was approved; pass the tools of the call that asked`,
  )
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
