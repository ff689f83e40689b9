import { type NextRequest, NextResponse } from 'next/server'
import { sessionCookie } from './lib/session.ts'

/** Gives a browser that comes for the first time a session of its own. */
export function proxy(request: NextRequest): NextResponse {
  const response = NextResponse.next()
  if (!request.cookies.has(sessionCookie)) {
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
