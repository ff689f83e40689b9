import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A server in a process of its own, on a port that stays. */
export interface KillableServer extends AsyncDisposable {
  readonly url: string
  /** Kills the process without a word to it, and starts another on the same port. */
  readonly restart: () => Promise<void>
  /** Makes one plan and counts it; asks again, whatever goes wrong, until that is acknowledged. */
  readonly commit: (counter: string, version: number) => Promise<void>
}

/** Starts `live-server.ts` on a store in the file `path`, or in memory. */
export async function startKillableServer(path?: string): Promise<KillableServer> {
  const script = fileURLToPath(new URL('./live-server.ts', import.meta.url))
  let child: ChildProcess
  let port = '0'

  const start = async () => {
    const args = ['--conditions=@crux/source', '--no-warnings', script, ...(path === undefined ? [] : [path])]
    const started = spawn(process.execPath, args, {
      env: { ...process.env, PORT: port },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child = started
    const [said] = await Promise.race([once(started.stdout, 'data'), once(started, 'exit')])
    if (started.exitCode !== null) throw new Error(`The server ended with code ${started.exitCode}.`)
    port = String(said).trim()
  }
  const kill = async () => {
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  await start()
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    restart: async () => {
      await kill()
      await start()
    },
    commit: async (counter, version) => {
      const query = new URLSearchParams({ counter, version: String(version) })
      for (;;) {
        const answer = await fetch(`${url}/commit?${query}`, { method: 'POST' }).catch(() => undefined)
        if (answer?.status === 204) return
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
    [Symbol.asyncDispose]: kill,
  }
}
