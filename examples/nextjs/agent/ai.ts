import { createCruxAi } from '@crux/ai'
import { memoryApprovalStore } from '@crux/core/tool-middleware'

const { APPROVAL_SECRET, APPROVAL_TTL_MS = '900000' } = process.env

/** Calls of a model whose approvals count on this server only: those a run waits for end with the process too. */
export const { stream } = createCruxAi({
  approval: {
    secret: APPROVAL_SECRET || crypto.getRandomValues(new Uint8Array(32)),
    store: memoryApprovalStore(),
    ttlMs: Number(APPROVAL_TTL_MS),
  },
})
