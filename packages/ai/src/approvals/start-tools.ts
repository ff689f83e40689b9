import type { PendingApproval, ToolCallInfo, ToolMiddleware } from '@crux/core/tool-middleware'
import type { ModelMessage, ToolSet } from 'ai'
import { misuse } from '../misuse.ts'
import { decideApprovals } from './approval-decisions.ts'
import { askedCall, createGate, type ToolApprovalFunction, type ToolApprovalOption } from './approval-gate.ts'
import { readApproval, type ApprovalOptions } from './approval-options.ts'
import { createSigner } from './approval-signer.ts'
import { canonicalJson } from './canonical-json.ts'
import { createClearance } from './clearance.ts'
import { pendingApproval } from './pending-approval.ts'
import { readHistory } from './read-history.ts'
import { resumeApprovals, type Resumption } from './resume-approvals.ts'
import { callOf, tellOfDecisions, tellOfRequest } from './tell-of-approvals.ts'
import { wrapTools } from './wrap-tools.ts'

/** The tools of one `generate` or `stream` call, and who may run them. */
export interface ToolSession {
  /** Wrapped; tools without `execute` are the very objects given. */
  readonly tools: ToolSet
  /** For the SDK's option of that name; `undefined` without tools. */
  readonly toolApproval: ToolApprovalFunction | undefined
  /** Once, before the first attempt: what responses and open requests in the history come to (AI-59). */
  readonly resume: (messages: readonly ModelMessage[], signal?: AbortSignal) => Promise<Resumption>
  /** After an attempt: its open requests, each with a token, and their middleware told (AI-54, AI-55). */
  readonly pending: (responseMessages: readonly ModelMessage[]) => Promise<readonly PendingApproval[]>
  /** True once anything ran that may have done the work of this call (AI-65). */
  readonly hasStarted: (toolCallId: string) => boolean
}

/**
 * Starts the tools of one call. `middleware` is that of the prompt, then that of the call.
 *
 * Throws `CruxAIError` code `usage` for options that cannot work, before anything is called.
 */
export function startTools({
  caller,
  tools: given,
  middleware,
  toolApproval,
  approval,
  promptId,
  now = Date.now,
}: {
  readonly caller: 'generate' | 'stream'
  readonly tools: ToolSet
  readonly middleware: readonly ToolMiddleware[]
  readonly toolApproval?: ToolApprovalOption | undefined
  readonly approval: ApprovalOptions
  readonly promptId?: string | undefined
  readonly now?: () => number
}): ToolSession {
  const signer = createSigner(caller, readApproval(caller, approval), { promptId, now })
  const decide = createGate(caller, { tools: given, middleware, toolApproval })
  const clearance = createClearance()
  const started = new Set<string>()
  // As the gate saw them, for middleware that looks at more than the call itself.
  const asked = new Map<string, ToolCallInfo>()

  const ask: ToolApprovalFunction = async (question) => {
    const verdict = await decide(question)
    if (verdict.type === 'user-approval') {
      const { toolName, toolCallId, input } = question.toolCall
      asked.set(toolCallId, askedCall(question))
      checkJson(caller, toolName, input)
    }
    clearance.judge(question, verdict)
    return verdict
  }

  return {
    tools: wrapTools(given, middleware, {
      admit: clearance.admit,
      onStart: (toolCallId) => started.add(toolCallId),
    }),
    // Also for tools that do not run here: left alone, the SDK would ask their `needsApproval`.
    toolApproval: Object.keys(given).length > 0 ? ask : undefined,
    hasStarted: (toolCallId) => started.has(toolCallId),

    resume: async (messages, signal) => {
      const resumption = await resumeApprovals(messages, { caller, tools: given, signer, signal })
      if (resumption.kind !== 'resumed') return resumption
      // The call has ended by then: nobody is told of a tool that does not run.
      signal?.throwIfAborted()
      const { decided } = resumption
      await tellOfDecisions(middleware, messages, decided)
      for (const { decision, call } of decided) if (decision === 'approved') clearance.verified(call)
      return resumption
    },

    pending: async (responseMessages) => {
      const open = decideApprovals(readHistory(caller, responseMessages))
      const pending: PendingApproval[] = []
      for (const request of open.filter(({ decision }) => decision === 'undecided')) {
        const subject = pendingApproval(request)
        const { approvalToken, expiresAt } = await signer.sign(subject)
        const call = asked.get(subject.toolCallId) ?? callOf(request, responseMessages)
        await tellOfRequest(middleware, call, { ...subject, expiresAt })
        pending.push({ ...subject, approvalToken, expiresAt })
      }
      return pending
    },
  }
}

/** An approval is for what comes back from storage: an input that would come back changed cannot be approved (AI-54). */
function checkJson(caller: string, toolName: string, input: unknown): void {
  const json = canonicalJson(input)
  if (json.text !== undefined) return
  throw misuse(
    caller,
    `input of gated tool "${toolName}" would not survive JSON at ${json.path}, got ${json.found}; let its inputSchema give plain JSON`,
  )
}
