import { ToolApprovalError } from '@crux/core/tool-middleware'
import { canonicalJson } from './canonical-json.ts'
import type { History, HistoryCall, HistoryRequest, HistoryResponse } from './read-history.ts'

/** A call without a result that somebody was asked about, and what was said. */
export interface OpenApproval {
  /** With an input of its own: what is verified stays as it was, whatever becomes of the history meanwhile. */
  readonly call: HistoryCall
  /** The newest request for the call: the one that counts. */
  readonly request: HistoryRequest
  readonly decision: 'approved' | 'denied' | 'undecided'
  /** The response that decides: the first denial, else the first approval. */
  readonly response: HistoryResponse | undefined
  /** All that was said, also to older requests for the call: the tokens of these are looked at. */
  readonly responses: readonly HistoryResponse[]
}

/**
 * Every call without a result that a request waits for, in the order of the requests (AI-59 (1), (2)). Of two responses
 * a denial wins, whichever request for the call it names. A request that the SDK decided by itself waits for nobody, so
 * it is listed only where somebody has responded to it after all.
 *
 * Throws `ToolApprovalError` code `unknown-request` for a response to no request, or to one whose call is not there.
 */
export function decideApprovals({ calls, settled, requests, closed, responses }: History): OpenApproval[] {
  for (const { approvalId } of responses) {
    const request = requests.get(approvalId)
    if (request !== undefined && calls.has(request.toolCallId)) continue
    throw new ToolApprovalError(
      'unknown-request',
      `No request "${approvalId}" in these messages, or not the call it is about: send the history whole, as it was returned.`,
      approvalId,
    )
  }
  const callIdOf = ({ approvalId }: HistoryResponse) =>
    closed.has(approvalId) ? undefined : requests.get(approvalId)?.toolCallId
  const current = [...requests.values()].filter(({ approvalId }) => !closed.has(approvalId))
  const newest = new Map(current.map((request) => [request.toolCallId, request]))

  return current.flatMap((request): OpenApproval[] => {
    const call = calls.get(request.toolCallId)
    const isOpen = newest.get(request.toolCallId) === request && !settled.has(request.toolCallId)
    if (call === undefined || !isOpen) return []
    const given = responses.filter((response) => callIdOf(response) === call.toolCallId)
    if (request.isAutomatic && given.length === 0) return []
    const open = { call: { ...call, input: copyOf(call.input) }, request, responses: given }
    const denial = given.find(({ approved }) => !approved)
    if (denial !== undefined) return [{ ...open, decision: 'denied', response: denial }]
    const approval = given.find(({ approvalId }) => approvalId === request.approvalId)
    if (approval !== undefined) return [{ ...open, decision: 'approved', response: approval }]
    return [{ ...open, decision: 'undecided', response: undefined }]
  })
}

/** What is no JSON stays the same object: no token is for it. */
function copyOf(input: unknown): unknown {
  return canonicalJson(input).text === undefined ? input : JSON.parse(JSON.stringify(input))
}
