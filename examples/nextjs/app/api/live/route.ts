import { cruxSSEHandler } from '@crux/server'
import { sessionScope } from '../../../lib/session.ts'
import { store } from '../../../lib/store.ts'

const handler = cruxSSEHandler({
  store,
  authorize: async () => (await sessionScope()) ?? new Response(null, { status: 401 }),
  prefix: (_request, scope) => scope,
})

/** Everything in the session's scope, then every change to it. */
export const GET = (request: Request): Promise<Response> => handler(request)
