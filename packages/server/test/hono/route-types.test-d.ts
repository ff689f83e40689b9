import { createRouter, sse } from '@crux/server/hono'
import { Hono, type MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import { createMiddleware } from 'hono/factory'
import { validator } from 'hono/validator'

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : 'not the same type'

/** Compiles only for a value of exactly this type: `is<string>()(value, true)`. */
declare function is<Wanted>(): <Given>(value: Given, same: Equal<Wanted, Given>) => void

interface User {
  readonly name: string
}
interface UserEnv {
  Variables: { user: User }
}
declare const requireUser: MiddlewareHandler<UserEnv>
const trace = createMiddleware<{ Variables: { trace: number } }>(async (_c, next) => next())

const router = createRouter<{ Variables: { app: boolean } }>()

// SSE-31 The parameters of the path are known, and the variables of the router.
router.sse('/rooms/:room/:seat?', (c) => {
  is<string>()(c.req.param('room'), true)
  is<string | undefined>()(c.req.param('seat'), true)
  is<{ room: string; seat: string | undefined }>()(c.req.param(), true)
  is<boolean>()(c.get('app'), true)
  // @ts-expect-error -- nobody sets it
  c.get('user')
  return () => {}
})

// SSE-31 So are the variables of one middleware, also inside the handler.
router.sse('/exports/:id', requireUser, (c) => async (stream) => {
  is<string>()(c.req.param('id'), true)
  is<User>()(c.get('user'), true)
  is<boolean>()(c.get('app'), true)
  // @ts-expect-error -- nobody sets it
  c.get('trace')
  is<boolean>()(await stream.write(c.get('user').name), true)
})

// SSE-31 Middleware written in place knows of what came before it; middleware of any type takes nothing away.
router.sse(
  '/a/:id',
  requireUser,
  async (c, next) => {
    is<string>()(c.req.param('id'), true)
    is<User>()(c.get('user'), true)
    await next()
  },
  cors(),
  trace,
  async (c) => {
    is<User>()(c.get('user'), true)
    is<number>()(c.get('trace'), true)
    is<boolean>()(c.get('app'), true)
    return c.get('user').name === '' ? c.text('Who?', 404) : () => {}
  },
)

// SSE-31 Any number of middleware.
router.sse('/b/:id', cors(), cors(), requireUser, cors(), cors(), trace, cors(), (c) => {
  is<string>()(c.req.param('id'), true)
  is<User>()(c.get('user'), true)
  is<number>()(c.get('trace'), true)
  is<boolean>()(c.get('app'), true)
  return () => {}
})

// SSE-31 What validators let through.
router.sse(
  '/c/:id',
  cors(),
  validator('query', (query) => ({ q: String(query['q']) })),
  validator('param', (param) => ({ id: Number(param['id']) })),
  (c) => {
    is<{ q: string }>()(c.req.valid('query'), true)
    is<{ id: number }>()(c.req.valid('param'), true)
    return () => {}
  },
)

// SSE-34 A router chains, keeping what it knows, and is mounted like any other.
const chained = router
  .sse('/d', () => () => {})
  .sse('/e', (c) => {
    is<boolean>()(c.get('app'), true)
    return () => {}
  })
new Hono().route('/x', router).route('/y', chained)

// SSE-34 A new instance has no `sse`.
// @ts-expect-error -- a plain Hono
router.basePath('/v1').sse('/x', () => () => {})

// The plain form stands behind any middleware, in any router whose variables it asks for.
const feed = sse<UserEnv, '/feed/:id'>((c) => {
  is<string>()(c.req.param('id'), true)
  is<User>()(c.get('user'), true)
  return () => {}
})
router.get('/feed/:id', requireUser, feed)
new Hono<UserEnv>().get('/feed/:id', feed)
is<() => void>()(feed.close, true)
is<number>()(feed.stats().open, true)
new Hono<UserEnv>().get(
  '/plain/:id',
  sse((c) => (stream) => void stream.write(String(c.req.param('id')))),
)

// @ts-expect-error -- a route without anything that gives a handler
router.sse('/x')
// @ts-expect-error -- middleware alone
router.sse('/x', requireUser)
// @ts-expect-error -- neither a handler nor a Response
router.sse('/x', () => 'text')
// The handler itself, in place of what gives it, is told that it has a context and no stream.
router.sse('/x', async (stream) => {
  // @ts-expect-error -- of a context
  await stream.write('x')
  return () => {}
})
// @ts-expect-error -- no context gives a stream
sse((_stream: { readonly write: (data: string) => Promise<boolean> }) => () => {})
// @ts-expect-error -- data that no event can carry
sse(() => (stream) => void stream.write(1n))
