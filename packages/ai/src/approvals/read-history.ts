import { misuse, shown } from '../misuse.ts'

/** The call that an id stands for: the last part that has it. */
export interface HistoryCall {
  readonly toolCallId: string
  readonly toolName: string
  readonly input: unknown
  /** Index of its message. */
  readonly turn: number
  /** Run by the provider, not here. */
  readonly isProviders: boolean
}

/** A request for an approval, as the history has it. */
export interface HistoryRequest {
  readonly approvalId: string
  readonly toolCallId: string
  readonly turn: number
  /** The SDK decided it by itself. */
  readonly isAutomatic: boolean
}

/** An answer to a request, as the history has it. */
export interface HistoryResponse {
  readonly approvalId: string
  /** Only `true` counts: whatever else stands there is a denial. */
  readonly approved: boolean
  readonly reason?: string
  readonly token: unknown
}

/** What a history says about calls and approvals. Nobody vouches for it: it may come from a browser. */
export interface History {
  readonly calls: ReadonlyMap<string, HistoryCall>
  /** Ids of calls that have a result behind them. */
  readonly settled: ReadonlySet<string>
  /** By approval id, in the order of the parts that count. */
  readonly requests: ReadonlyMap<string, HistoryRequest>
  /** Ids of requests that a result for their call stands behind: a later call with that call's id is another matter. */
  readonly closed: ReadonlySet<string>
  readonly responses: readonly HistoryResponse[]
}

const roles: ReadonlySet<unknown> = new Set(['system', 'user', 'assistant', 'tool'])

/**
 * Reads a history as the SDK will (AI-59 (1)): of parts with one id the last wins, and a result settles a call only
 * behind it. Throws `usage` where the SDK could read something else than is read here: it compares roles loosely and
 * makes texts of ids, so `['tool']` is a tool turn to it, and `['a']` the id `a`.
 */
export function readHistory(caller: string, messages: readonly unknown[]): History {
  const calls = new Map<string, HistoryCall>()
  const settled = new Set<string>()
  const requests = new Map<string, HistoryRequest>()
  const closed = new Set<string>()
  const responses: HistoryResponse[] = []

  for (const [turn, message] of messages.entries()) {
    const { role, parts } = readTurn(caller, message, turn)
    for (const part of parts) {
      const text = (name: string): string => {
        const value = part[name]
        if (typeof value === 'string') return value
        throw misuse(
          caller,
          `messages[${turn}] has a ${String(part['type'])} whose ${name} is no string, got ${shown(value)}`,
        )
      }
      switch (part['type']) {
        case 'tool-call':
          if (role !== 'assistant') break
          calls.set(text('toolCallId'), {
            toolCallId: text('toolCallId'),
            toolName: text('toolName'),
            input: part['input'],
            turn,
            isProviders: part['providerExecuted'] === true,
          })
          settled.delete(text('toolCallId'))
          break
        case 'tool-result':
          if (role !== 'assistant' && role !== 'tool') break
          settled.add(text('toolCallId'))
          for (const { approvalId, toolCallId } of requests.values()) {
            if (toolCallId === text('toolCallId')) closed.add(approvalId)
          }
          break
        case 'tool-approval-request':
          if (role !== 'assistant') break
          // Out and in again, so that the order is that of the parts that count.
          requests.delete(text('approvalId'))
          closed.delete(text('approvalId'))
          requests.set(text('approvalId'), {
            approvalId: text('approvalId'),
            toolCallId: text('toolCallId'),
            turn,
            isAutomatic: part['isAutomatic'] === true,
          })
          break
        case 'tool-approval-response':
          if (role === 'tool') responses.push(readResponse(part, text('approvalId')))
          break
      }
    }
  }
  return { calls, settled, requests, closed, responses }
}

type Part = Readonly<Record<string, unknown>>

function readTurn(caller: string, message: unknown, turn: number): { role: string; parts: readonly Part[] } {
  if (!isRecord(message)) throw misuse(caller, `messages[${turn}] must be an object, got ${shown(message)}`)
  const { role, content } = message
  if (typeof role !== 'string' || !roles.has(role)) {
    throw misuse(caller, `messages[${turn}].role must be system, user, assistant or tool, got ${shown(role)}`)
  }
  if (typeof content === 'string' && role !== 'tool') return { role, parts: [] }
  if (!Array.isArray(content)) {
    throw misuse(caller, `messages[${turn}].content must be a list of parts, got ${shown(content)}`)
  }
  const odd: unknown = content.find((part) => !isRecord(part))
  if (odd !== undefined) {
    throw misuse(caller, `messages[${turn}] has a part that must be an object, got ${shown(odd)}`)
  }
  return { role, parts: content.filter(isRecord) }
}

function readResponse(part: Part, approvalId: string): HistoryResponse {
  const { approved, reason, approvalToken } = part
  return {
    approvalId,
    approved: approved === true,
    ...(typeof reason === 'string' && { reason }),
    token: approvalToken ?? undefined,
  }
}

function isRecord(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
