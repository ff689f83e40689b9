import { toSSE } from '@crux/server'
import { z } from 'zod'
import { chooseModel } from '../../../agent/choose-model.ts'
import { writeDrafts } from '../../../agent/write-drafts.ts'

const draftsRequest = z.object({
  topic: z.string().trim().min(1).max(200),
  kinds: z
    .array(z.enum(['email', 'list']))
    .min(1)
    .transform((kinds) => [...new Set(kinds)]),
  breaks: z.boolean().default(false),
})

/** Writes drafts. Whoever hangs up stops the model. */
export async function POST(request: Request): Promise<Response> {
  const body = draftsRequest.safeParse(await request.json().catch(() => undefined))
  if (!body.success) return Response.json({ error: 'A topic has 1 to 200 characters.' }, { status: 400 })
  const { data } = body
  return toSSE(({ signal }) => writeDrafts(data, chooseModel(), signal), { signal: request.signal })
}
