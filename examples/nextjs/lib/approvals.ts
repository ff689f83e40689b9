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
  /** What people see of it. */
  shown: ShownApproval
}

// On globalThis for the same reason as the store.
const shared: { cruxExampleTickets?: Map<string, Ticket> } & typeof globalThis = globalThis
const tickets = (shared.cruxExampleTickets ??= new Map<string, Ticket>())

/** The requests of a scope that wait, with the tokens that let them go on. */
export function listRequests(scope: string): PendingApproval[] {
  return [...tickets.values()]
    .filter((ticket) => ticket.scope === scope && isOpen(ticket))
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
  const asked = pendingApprovals.map((request): Ticket => {
    const { approvalId, toolName, input } = request
    const shown: ShownApproval = { approvalId, toolName, input: shownInput(input), status: 'open' }
    const ticket = { scope, request, shown, decide: (decision: Decision) => decide(ticket, decision) }
    return ticket
  })
  const show = () =>
    task.list.updateTask(task.id, { metadata: { approvals: asked.map(({ shown }) => shown) } })
  let history = messages
  let turn = Promise.resolve()

  /** One after the other, because each continues the history of the one before. */
  function inTurn(step: () => Promise<void>): Promise<void> {
    const done = turn.then(step)
    turn = done.catch(() => {})
    return done
  }

  function decide(ticket: Ticket, decision: Decision): Promise<void> {
    return inTurn(async () => {
      // Not left to the library: a denial without a token uses none up, and two answers would be two conversations.
      if (!isOpen(ticket)) {
        const { approvalId } = decision
        throw new ToolApprovalError('consumed', `"${approvalId}" is decided.`, approvalId)
      }
      await answer([ticket], decision, decision.approved ? 'approved' : 'denied')
    })
  }

  /** When the first token ends; for what was approved and waited for the rest, too, because it cannot be used any more. */
  function giveUp(): Promise<void> {
    return inTurn(async () => {
      if (!asked.some(isOpen)) return
      const late = asked.filter(({ shown }) => shown.status !== 'denied')
      await answer(late, { approved: false, reason: 'Not decided in time.' }, 'unanswered')
    })
  }

  async function answer(
    decided: readonly Ticket[],
    decision: Omit<Decision, 'approvalId'>,
    status: ShownApproval['status'],
  ): Promise<void> {
    try {
      const answered = decided.reduce(
        (before, { request: { approvalId } }): Question['messages'] =>
          appendToolApprovalResponse(before, { ...decision, approvalId }),
        history,
      )
      // Checks the token and uses it up, before the tool or the model is called.
      const resumed = await resume(answered)
      history = answered
      for (const ticket of decided) ticket.shown = { ...ticket.shown, status, reason: decision.reason }
      await show()
      if (!asked.some(isOpen)) resolve(resumed)
    } catch (error) {
      if (!(error instanceof ToolApprovalError)) reject(error)
      throw error
    }
  }

  for (const ticket of asked) tickets.set(ticket.request.approvalId, ticket)
  const done = new AbortController()
  const stop = () => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    signal.throwIfAborted()
    await show()
    const end = Math.min(...pendingApprovals.map(({ expiresAt = 0 }) => expiresAt))
    // Ended by `done` it rejects a promise that is settled.
    void pause(end - Date.now(), undefined, { signal: done.signal })
      .then(giveUp)
      .catch(reject)
    return await promise
  } finally {
    done.abort()
    signal.removeEventListener('abort', stop)
    for (const ticket of asked) if (isOpen(ticket)) tickets.delete(ticket.request.approvalId)
  }
}

function isOpen({ shown }: Ticket): boolean {
  return shown.status === 'open'
}

/** What was decided is known until its token ends, so that deciding it again is told from making it up. */
function forgetOldTickets(): void {
  for (const [id, ticket] of tickets) {
    if (!isOpen(ticket) && (ticket.request.expiresAt ?? 0) < Date.now()) tickets.delete(id)
  }
}
