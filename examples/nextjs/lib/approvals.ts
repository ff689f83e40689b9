import type { PendingApproval, TextStreamResult } from '@crux/ai'
import { appendToolApprovalResponse, ToolApprovalError } from '@crux/core/tool-middleware'
import { setTimeout as pause } from 'node:timers/promises'
import type { Desk, Question } from '../agent/agent-run.ts'
import { shownInput, type ShownApproval } from './task-approvals.ts'

/** What a person decided. */
interface Decision {
  readonly approvalId: string
  readonly approved: boolean
  readonly reason?: string | undefined
  readonly approvalToken?: string | undefined
}

interface Ticket {
  readonly scope: string
  readonly request: PendingApproval
  readonly decide: (decision: Decision) => Promise<void>
  isOpen: boolean
}

// On globalThis for the same reason as the store.
const shared: { cruxExampleTickets?: Map<string, Ticket> } & typeof globalThis = globalThis
const tickets = (shared.cruxExampleTickets ??= new Map<string, Ticket>())

/** The requests of a scope that wait, with the tokens that let them go on. */
export function listRequests(scope: string): PendingApproval[] {
  return [...tickets.values()]
    .filter((ticket) => ticket.scope === scope && ticket.isOpen)
    .map(({ request }) => request)
}

/**
 * Lets the run go on with what was decided. False if the scope has no such request. Throws a `ToolApprovalError` if the
 * decision does not count; the request then waits on.
 */
export async function decideRequest(scope: string, decision: Decision): Promise<boolean> {
  const ticket = tickets.get(decision.approvalId)
  if (ticket?.scope !== scope) return false
  await ticket.decide(decision)
  return true
}

/** Where the runs of a scope ask. What is open is gone when its run is stopped, and denied when its time is over. */
export function approvalDesk(scope: string): Desk {
  return { audience: scope, ask: (question) => ask(scope, question) }
}

async function ask(
  scope: string,
  { task, messages, pendingApprovals, resume, signal }: Question,
): Promise<TextStreamResult> {
  forgetOldTickets()
  const { promise, resolve, reject } = Promise.withResolvers<TextStreamResult>()
  const shown = new Map<string, ShownApproval>()
  const show = () => task.list.updateTask(task.id, { metadata: { approvals: [...shown.values()] } })
  let history = messages
  let turn = Promise.resolve()

  /** One after the other, because each continues the history of the one before. */
  function inTurn(decision: Decision, status: ShownApproval['status']): Promise<void> {
    const decided = turn.then(() => take(decision, status))
    turn = decided.catch(() => {})
    return decided
  }

  async function take(decision: Decision, status: ShownApproval['status']): Promise<void> {
    const { approvalId, reason } = decision
    const ticket = tickets.get(approvalId)
    const asked = shown.get(approvalId)
    // Not left to the library: a denial uses no token up, so after one the token would still be good.
    if (!ticket?.isOpen || !asked) {
      throw new ToolApprovalError('consumed', `"${approvalId}" is decided.`, approvalId)
    }
    try {
      const answered = appendToolApprovalResponse(history, decision)
      // Checks the token and uses it up, before the tool or the model is called.
      const resumed = await resume(answered)
      history = answered
      ticket.isOpen = false
      shown.set(approvalId, { ...asked, status, reason })
      await show()
      if (![...shown.values()].some((other) => other.status === 'open')) resolve(resumed)
    } catch (error) {
      if (!(error instanceof ToolApprovalError)) reject(error)
      throw error
    }
  }

  for (const request of pendingApprovals) {
    const { approvalId, toolName, input } = request
    shown.set(approvalId, { approvalId, toolName, input: shownInput(input), status: 'open' })
    const decide = (decision: Decision) => inTurn(decision, decision.approved ? 'approved' : 'denied')
    tickets.set(approvalId, { scope, request, decide, isOpen: true })
  }
  const done = new AbortController()
  const stop = () => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    signal.throwIfAborted()
    await show()
    for (const { approvalId, expiresAt = 0 } of pendingApprovals) {
      void pause(expiresAt - Date.now(), undefined, { signal: done.signal })
        .then(() => inTurn({ approvalId, approved: false, reason: 'Nobody answered in time.' }, 'unanswered'))
        // Decided before, or the run is over; what else fails ends the run through `promise`.
        .catch(() => {})
    }
    return await promise
  } finally {
    done.abort()
    signal.removeEventListener('abort', stop)
    for (const { approvalId } of pendingApprovals) {
      if (tickets.get(approvalId)?.isOpen) tickets.delete(approvalId)
    }
  }
}

/** What was decided is known until its token ends, so that deciding it again is told from making it up. */
function forgetOldTickets(): void {
  for (const [id, { request, isOpen }] of tickets) {
    if (!isOpen && (request.expiresAt ?? 0) < Date.now()) tickets.delete(id)
  }
}
