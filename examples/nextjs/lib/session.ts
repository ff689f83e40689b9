import { cookies } from 'next/headers'

/** The cookie that names a browser's session. Only the server writes it (proxy.ts), no script can read it. */
export const sessionCookie = 'crux-session'

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

/** The scope that holds everything of the session that asks, or `undefined` for someone without a session. */
export async function sessionScope(): Promise<string | undefined> {
  const id = (await cookies()).get(sessionCookie)?.value
  return id !== undefined && uuid.test(id) ? `session:${id}:` : undefined
}
