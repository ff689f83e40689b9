import { EventEmitter } from 'node:events'
import type { SseStream } from '@crux/server'
import { createRouter } from '@crux/server/hono'
import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { createBuilds, type Build } from './builds.ts'
import { requireUser, signIn, type UserEnv } from './users.ts'

/** What the routes of one build know. */
interface BuildEnv {
  Variables: UserEnv['Variables'] & { build: Build }
}

export interface AppOptions {
  /** The time that one line of a build's log takes, in milliseconds. */
  readonly lineMs: number
  /** Its abort ends every stream; clients come back, to whatever serves then. */
  readonly signal: AbortSignal
}

export function createApp({ lineMs, signal }: AppOptions): Hono {
  const builds = createBuilds({ lineMs })
  const cuts = new EventEmitter().setMaxListeners(0)

  const findBuild = createMiddleware<BuildEnv>(async (c, next) => {
    const build = builds.get(c.req.param('id') ?? '')
    // The same answer for a build of somebody else: nobody learns what others have.
    if (build?.owner !== c.get('user')) return c.json({ error: 'You have no such build.' }, 404)
    c.set('build', build)
    await next()
  })

  /** Lets `POST /builds/:id/cut` end a stream without a word, so that its client comes back, as from a lost line. */
  function letBeCut(stream: SseStream, build: Build): void {
    const cut = () => stream.close({ reconnect: true })
    cuts.on(build.id, cut)
    void stream.closed.then(() => cuts.off(build.id, cut))
  }

  const router = createRouter({ basePath: '/builds', sse: { retryMs: 500, signal } })

  // State: whoever comes, or comes back, gets what is true now, under the name of what it is.
  router.sse('/:id/progress', requireUser, findBuild, (c) => async (stream) => {
    const build = c.get('build')
    letBeCut(stream, build)
    for await (const { status, step, percent } of build.progress(stream.signal)) {
      const sent =
        status === 'running'
          ? await stream.writeSSE({ event: 'progress', data: { step, percent } })
          : await stream.writeSSE({ event: 'done', data: { status } })
      if (!sent) return
    }
  })

  // A log: each line has an id, so whoever was cut off gets the lines after the last one it has seen.
  router.sse('/:id/log', requireUser, findBuild, (c) => async (stream) => {
    const build = c.get('build')
    letBeCut(stream, build)
    const seen = /^\d+$/.test(stream.lastEventId) ? Number(stream.lastEventId) : 0
    for await (const { number, text } of build.linesAfter(seen, stream.signal)) {
      if (!(await stream.writeSSE({ event: 'line', id: number, data: text }))) return
    }
  })

  router.post('/', requireUser, (c) => c.json({ id: builds.start(c.get('user')).id }, 202))
  router.post('/:id/cut', requireUser, findBuild, (c) => {
    cuts.emit(c.get('build').id)
    return c.body(null, 204)
  })

  return new Hono().post('/session', async (c) => signIn(c, await c.req.text())).route('/', router)
}
