import { ToolApprovalError } from '@crux/core/tool-middleware'
import type { ModelMessage } from 'ai'
import type { ToolApprovalQuestion, ToolApprovalVerdict } from './approval-gate.ts'
import { canonicalJson } from './canonical-json.ts'

/**
 * Which calls may run: the second line behind the SDK's own (AI-61). Should the SDK ever run a call that nobody let
 * pass, the tool's body is not reached.
 */
export interface Clearance {
  /** What the gate has said of a call. A call that stands open in a history is none of the model's: it is not cleared. */
  readonly judge: (question: ToolApprovalQuestion, verdict: ToolApprovalVerdict) => void
  /** A call of the history whose approval was verified and used up: may run once, with this input. */
  readonly verified: (call: { toolCallId: string; toolName: string; input: unknown }) => void
  /** Throws `ToolApprovalError` code `missing-token` unless the call may run. The model sees a failed tool. */
  readonly admit: (toolName: string, toolCallId: string, input: unknown) => void
}

/** For one `generate` or `stream` call. */
export function createClearance(): Clearance {
  const cleared = new Set<string>()
  const verified = new Map<string, string>()

  return {
    judge: ({ toolCall, messages }, { type }) => {
      const key = keyOf(toolCall.toolName, toolCall.toolCallId)
      const mayRun = type === 'approved' || type === 'not-applicable'
      if (mayRun && !isOpenIn(messages, toolCall.toolCallId)) cleared.add(key)
      else cleared.delete(key)
    },
    verified: ({ toolName, toolCallId, input }) => {
      const { text } = canonicalJson(input)
      if (text !== undefined) verified.set(keyOf(toolName, toolCallId), text)
    },
    admit: (toolName, toolCallId, input) => {
      const key = keyOf(toolName, toolCallId)
      // Compared by what it says: the history may have changed, or been copied, since it was verified.
      if (verified.has(key) && verified.get(key) === canonicalJson(input).text) {
        verified.delete(key)
        return
      }
      if (cleared.has(key)) return
      throw new ToolApprovalError(
        'missing-token',
        `Call "${toolCallId}" of tool "${toolName}" was neither made in this run nor approved, so it did not run.`,
      )
    },
  }
}

function keyOf(toolName: string, toolCallId: string): string {
  return JSON.stringify([toolName, toolCallId])
}

function isOpenIn(messages: readonly ModelMessage[], toolCallId: string): boolean {
  let isOpen = false
  for (const { content } of messages) {
    if (!Array.isArray(content)) continue
    for (const part of content) {
      if (part.type === 'tool-call' && part.toolCallId === toolCallId) isOpen = true
      if (part.type === 'tool-result' && part.toolCallId === toolCallId) isOpen = false
    }
  }
  return isOpen
}
