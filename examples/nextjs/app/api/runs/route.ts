import { z } from 'zod'
import { startRun, stopRun, TooManyRuns } from '../../../lib/runs.ts'
import { sessionScope } from '../../../lib/session.ts'

const startRequest = z.object({ topic: z.string().trim().min(1).max(200) })

/** Starts a run; answers as soon as its plan is there to look at. */
export async function POST(request: Request): Promise<Response> {
  const scope = await sessionScope()
  if (scope === undefined) return refuse(401, 'Reload the page to begin a session.')
  const body = startRequest.safeParse(await request.json().catch(() => undefined))
  if (!body.success) return refuse(400, 'A topic has 1 to 200 characters.')
  try {
    return Response.json({ planId: await startRun(scope, body.data.topic) }, { status: 201 })
  } catch (error) {
    if (error instanceof TooManyRuns) return refuse(429, error.message)
    return refuse(502, 'The model did not answer. The server’s log says why.')
  }
}

/** Stops the run of `?plan=<id>`. */
export async function DELETE(request: Request): Promise<Response> {
  const scope = await sessionScope()
  if (scope === undefined) return refuse(401, 'Reload the page to begin a session.')
  const planId = new URL(request.url).searchParams.get('plan') ?? ''
  const found = await stopRun(scope, planId)
  return found ? new Response(null, { status: 204 }) : refuse(404, 'There is no such run.')
}

function refuse(status: number, message: string): Response {
  return Response.json({ error: message }, { status })
}
