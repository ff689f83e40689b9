import { ToolApprovalError } from '@crux/core/tool-middleware'
import { z } from 'zod'
import { decideRequest, listRequests } from '../../../lib/approvals.ts'
import { sessionScope } from '../../../lib/session.ts'

const decision = z.object({
  approvalId: z.string().max(200),
  approved: z.boolean(),
  reason: z.string().trim().max(200).optional(),
  approvalToken: z.string().max(4000).optional(),
})

/** What waits for this session, with the tokens that only those who may decide get to see. */
export async function GET(): Promise<Response> {
  const scope = await sessionScope()
  if (scope === undefined) return refuse(401, 'Reload the page to begin a session.')
  return Response.json({ requests: listRequests(scope) }, { headers: { 'cache-control': 'no-store' } })
}

/** Approves or denies one of them. */
export async function POST(request: Request): Promise<Response> {
  const scope = await sessionScope()
  if (scope === undefined) return refuse(401, 'Reload the page to begin a session.')
  const body = decision.safeParse(await request.json().catch(() => undefined))
  if (!body.success)
    return refuse(400, 'Expected approvalId, approved, and maybe a reason and approvalToken.')
  try {
    const found = await decideRequest(scope, body.data)
    return found ? new Response(null, { status: 204 }) : refuse(404, 'There is no such request.')
  } catch (error) {
    if (!(error instanceof ToolApprovalError))
      return refuse(502, 'The run broke down. The server’s log says why.')
    if (error.code === 'consumed') return refuse(409, 'This was decided before.', error.code)
    return refuse(403, 'This approval does not count.', error.code)
  }
}

function refuse(status: number, message: string, code?: string): Response {
  return Response.json({ error: message, code }, { status })
}
