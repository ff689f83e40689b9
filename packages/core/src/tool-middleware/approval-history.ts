import { isObject } from '../json/is-object.ts'
import { ToolApprovalError } from './tool-approval-error.ts'

/** A call that waits for a person, as far as a history tells. */
export interface ToolApprovalRequest {
  readonly approvalId: string
  readonly toolCallId: string
  readonly toolName: string
  readonly input: unknown
}

/** What lets a call run. */
interface ApprovalToken {
  /** Lets exactly this call run, once. Whoever holds it can approve: store it where only approvers can read. */
  readonly approvalToken: string
  /** When the token ends, in epoch milliseconds. */
  readonly expiresAt: number
}

/**
 * A call that waits for a person. It comes with its token from the run that asked, and then never again: a run that is
 * suspended a second time, because one of several requests was not answered, tells of it without.
 */
export type PendingApproval = ToolApprovalRequest &
  (ApprovalToken | { readonly approvalToken?: undefined; readonly expiresAt?: undefined })

/** What a person decided. */
export interface ToolApprovalResponse {
  readonly approvalId: string
  readonly approved: boolean
  /** For the model, if it was denied. */
  readonly reason?: string | undefined
  /** From `pendingApprovals`. An approval needs it. A denial does not; with it, it uses the token up. */
  readonly approvalToken?: string | undefined
}

/** The same in a history, in AI SDK form. */
export interface ToolApprovalResponsePart {
  type: 'tool-approval-response'
  approvalId: string
  approved: boolean
  reason?: string
  approvalToken?: string
}

/** The tool turn that holds it. */
export interface ToolApprovalTurn {
  role: 'tool'
  content: ToolApprovalResponsePart[]
}

/**
 * A copy of the history with a response to a request: in the last turn if that is a tool turn with responses, else in a
 * turn of its own (AI-58). Send it to `generate` or `stream` with the same prompt and tools.
 *
 * **The token of an approval comes from `pendingApprovals`**, never from the history: keep it beside the messages, where
 * only approvers can read it. A lost token cannot be made again: deny the request, and the model may ask anew. A denial
 * that has the token is final: nobody can approve with it afterwards.
 *
 * Throws `ToolApprovalError` code `unknown-request` for an id that no request in the history has.
 *
 * @example
 * const answered = appendToolApprovalResponse(messages, { approvalId, approved: true, approvalToken })
 */
export function appendToolApprovalResponse<Message>(
  messages: readonly Message[],
  response: ToolApprovalResponse,
): (Message | ToolApprovalTurn)[]
export function appendToolApprovalResponse(
  messages: readonly unknown[],
  { approvalId, approved, reason, approvalToken }: ToolApprovalResponse,
): unknown[] {
  const requests = readParts(messages).filter(({ role, part }) => isRequest(role, part))
  if (!requests.some(({ part }) => part['approvalId'] === approvalId)) {
    throw new ToolApprovalError(
      'unknown-request',
      `No request "${approvalId}" in these messages: answer a request that findToolApprovalRequests() lists.`,
      approvalId,
    )
  }
  const part: ToolApprovalResponsePart = {
    type: 'tool-approval-response',
    approvalId,
    approved,
    ...(reason !== undefined && { reason }),
    ...(approvalToken !== undefined && { approvalToken }),
  }
  const last = messages.at(-1)
  if (isObject(last) && last['role'] === 'tool' && Array.isArray(last['content'])) {
    const content: readonly unknown[] = last['content']
    if (content.some((other) => isObject(other) && other['type'] === 'tool-approval-response')) {
      return [...messages.slice(0, -1), { ...last, content: [...content, part] }]
    }
  }
  return [...messages, { role: 'tool', content: [part] } satisfies ToolApprovalTurn]
}

/**
 * The requests of a history whose call has no result yet, in order, answered or not; without tokens, which no history
 * holds (AI-3). Requests that the AI SDK decided by itself are left out. Of several parts with one id the last counts.
 */
export function findToolApprovalRequests(messages: readonly unknown[]): ToolApprovalRequest[] {
  const calls = new Map<unknown, Omit<ToolApprovalRequest, 'approvalId'>>()
  const requests = new Map<unknown, Readonly<Record<string, unknown>>>()
  const isSettled = new Set<unknown>()
  for (const { role, part } of readParts(messages)) {
    const { toolCallId, toolName } = part
    if (part['type'] === 'tool-result' && (role === 'assistant' || role === 'tool')) {
      isSettled.add(toolCallId)
      // A later call may have the same id, but nobody was asked about that one.
      for (const [id, request] of requests) if (request['toolCallId'] === toolCallId) requests.delete(id)
    }
    if (role !== 'assistant') continue
    if (part['type'] === 'tool-call' && typeof toolCallId === 'string' && typeof toolName === 'string') {
      calls.set(toolCallId, { toolCallId, toolName, input: part['input'] })
      isSettled.delete(toolCallId)
    }
    if (isRequest(role, part)) {
      // Out and in again, so that the order is that of the parts that count.
      requests.delete(part['approvalId'])
      requests.set(part['approvalId'], part)
    }
  }
  const newest = new Map([...requests.values()].map((part) => [part['toolCallId'], part]))
  return [...requests.values()].flatMap((part) => {
    const call = calls.get(part['toolCallId'])
    const { approvalId } = part
    const isOpen = newest.get(part['toolCallId']) === part && part['isAutomatic'] !== true
    if (!isOpen || call === undefined || isSettled.has(call.toolCallId)) return []
    return typeof approvalId === 'string' ? [{ approvalId, ...call }] : []
  })
}

interface PlacedPart {
  readonly role: unknown
  readonly part: Readonly<Record<string, unknown>>
}

function readParts(messages: readonly unknown[]): PlacedPart[] {
  return messages.flatMap((message) => {
    if (!isObject(message) || !Array.isArray(message['content'])) return []
    return message['content'].filter(isObject).map((part) => ({ role: message['role'], part }))
  })
}

function isRequest(role: unknown, part: Readonly<Record<string, unknown>>): boolean {
  return role === 'assistant' && part['type'] === 'tool-approval-request'
}
