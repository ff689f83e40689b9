import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the live server; each test takes a `?page=` of its own, which is its scope. */
    liveUrl: string
  }
}

/** Starts the live server in a process of its own, since vitest loads what a set-up imports without our sources. */
export default async function setup(project: TestProject) {
  const script = fileURLToPath(new URL('live-server.ts', import.meta.url))
  const server = fork(script, { execArgv: ['--conditions=@crux/source'] })
  const [port] = await Promise.race([
    once(server, 'message'),
    once(server, 'exit').then(() => Promise.reject(new Error('The live server did not start.'))),
  ])
  project.provide('liveUrl', `http://127.0.0.1:${port}`)
  return () => {
    server.kill()
  }
}
