import { cookies } from 'next/headers'

/** The cookie that names a browser's session. Only the server writes it (proxy.ts), no script can read it. */
export const sessionCookie = 'crux-session'

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

/** The scope that holds everything of a session, or `undefined` if the cookie's value names none. */
export function scopeOf(sessionId: string | undefined): string | undefined {
  return sessionId !== undefined && uuid.test(sessionId) ? `session:${sessionId}:` : undefined
}

/** The scope of the session that asks. */
export async function sessionScope(): Promise<string | undefined> {
  return scopeOf((await cookies()).get(sessionCookie)?.value)
}
