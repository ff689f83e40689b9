import { ToolApprovalError } from '@crux/core/tool-middleware'
import { misuse } from '../misuse.ts'
import type { ApprovalSettings } from './approval-options.ts'
import { sha256, signToken, verifyToken } from './approval-token.ts'
import { canonicalJson } from './canonical-json.ts'

/** The call that a token lets run. */
export interface ApprovalSubject {
  readonly approvalId: string
  readonly toolCallId: string
  readonly toolName: string
  readonly input: unknown
}

/** Makes, checks and uses up tokens for one prompt and audience. */
export interface ApprovalSigner {
  readonly sign: (subject: ApprovalSubject) => Promise<{ approvalToken: string; expiresAt: number }>
  /** When the token ends. Throws `ToolApprovalError` for one that does not let this call run. */
  readonly verify: (token: unknown, subject: ApprovalSubject) => Promise<number>
  /** Resolves once for an id; throws `ToolApprovalError` code `consumed` ever after. */
  readonly consume: (approvalId: string, expiresAt: number) => Promise<void>
}

/** `promptId`: a token of one prompt is none for another; prompts without id share theirs (AI-55). */
export function createSigner(
  caller: string,
  { keys, hasSecret, store, ttlMs, audience }: ApprovalSettings,
  { promptId, now }: { promptId: string | undefined; now: () => number },
): ApprovalSigner {
  const aud = JSON.stringify([promptId ?? null, audience])

  return {
    sign: async ({ approvalId, toolCallId, toolName, input }) => {
      const { text } = canonicalJson(input)
      if (text === undefined) throw misuse(caller, `input of tool "${toolName}" is no JSON`)
      const [key] = await keys()
      const exp = now() + ttlMs
      const inputHash = await sha256(text)
      const claims = { approvalId, toolCallId, toolName, inputHash, aud, exp }
      return { approvalToken: await signToken(key, claims), expiresAt: exp }
    },

    verify: async (token, { approvalId, toolCallId, toolName, input }) => {
      // An input that is no JSON has no hash, and no token is for it.
      const inputHash = await sha256(canonicalJson(input).text ?? '')
      const expected = { approvalId, toolCallId, toolName, inputHash, aud }
      return verifyToken(token, expected, { keys: await keys(), hasSecret, now: now() })
    },

    consume: async (approvalId, expiresAt) => {
      const isFirst = await store.consume(approvalId, expiresAt)
      // Only `true` counts: a store that answers something else, such as a database row, has not said so.
      if (isFirst !== true) {
        throw new ToolApprovalError(
          'consumed',
          `Approval "${approvalId}" was used before, to run its tool or to deny it. Send the messages which that call returned; if they are lost, deny it without its token.`,
          approvalId,
        )
      }
      // Looked at again: a store may forget what is over, and would let a second one pass that was verified in time.
      if (now() >= expiresAt) {
        throw new ToolApprovalError(
          'expired',
          `Approval "${approvalId}": the token ended while it was used; deny the request, and the model may ask anew.`,
          approvalId,
        )
      }
    },
  }
}
