import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the routes for events; each test takes a `?key=` of its own. */
    eventsUrl: string
  }
}

/** Starts the routes in a process of their own, since vitest loads what a set-up imports without our sources. */
export default async function setup(project: TestProject) {
  const script = fileURLToPath(new URL('events-server.ts', import.meta.url))
  const server = fork(script, { execArgv: ['--conditions=@crux/source'] })
  const [port] = await Promise.race([
    once(server, 'message'),
    once(server, 'exit').then(() => Promise.reject(new Error('The routes for events did not start.'))),
  ])
  project.provide('eventsUrl', `http://127.0.0.1:${port}`)
  return () => {
    server.kill()
  }
}
