import { type NextRequest, NextResponse } from 'next/server'
import { scopeOf, sessionCookie } from './lib/session.ts'

/** Gives a browser that comes without a session a new one. */
export function proxy(request: NextRequest): NextResponse {
  const response = NextResponse.next()
  if (scopeOf(request.cookies.get(sessionCookie)?.value) === undefined) {
    response.cookies.set(sessionCookie, crypto.randomUUID(), {
      httpOnly: true,
      sameSite: 'lax',
      secure: request.nextUrl.protocol === 'https:',
      maxAge: 24 * 60 * 60,
    })
  }
  return response
}

export const config = { matcher: '/' }
