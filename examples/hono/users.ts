import { getCookie, setCookie } from 'hono/cookie'
import { createMiddleware } from 'hono/factory'
import type { Context } from 'hono'

/** Who may do something here, by the key that says so. */
const users: ReadonlyMap<string, string> = new Map([
  ['ada-key', 'ada'],
  ['bob-key', 'bob'],
])

/** What the routes behind `requireUser` know. */
export interface UserEnv {
  Variables: { user: string }
}

/** 401 for everyone who shows no key: as a bearer token, or as the cookie of a page, whose EventSource sets no header. */
export const requireUser = createMiddleware<UserEnv>(async (c, next) => {
  const [, token = getCookie(c, 'key')] = /^Bearer (.+)$/.exec(c.req.header('authorization') ?? '') ?? []
  const user = users.get(token ?? '')
  if (user === undefined) return c.json({ error: 'Sign in first.' }, 401)
  c.set('user', user)
  await next()
})

/** Keeps the key in a cookie that only this server reads. */
export function signIn(c: Context, key: string): Response {
  if (!users.has(key)) return c.json({ error: 'No such key.' }, 401)
  setCookie(c, 'key', key, { httpOnly: true, sameSite: 'Strict', path: '/' })
  return c.body(null, 204)
}
