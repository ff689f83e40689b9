import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../server.ts', import.meta.url))

/** The example as a process of its own. */
export interface ExampleServer extends AsyncDisposable {
  readonly origin: string
  /** Asks it to stop; gives its exit code. */
  readonly stop: () => Promise<number | null>
}

export async function startExample({ lineMs }: { readonly lineMs: number }): Promise<ExampleServer> {
  const child: ChildProcess = spawn(process.execPath, ['--conditions=@crux/source', script], {
    env: { ...process.env, PORT: '0', LINE_MS: String(lineMs) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const [output] = child.stdout ? await Promise.race([once(child.stdout, 'data'), exited]) : []
  const origin = /http:\S+/.exec(String(output))?.[0]
  if (origin === undefined) throw new Error(`The server has not started: ${output}`)
  return {
    origin,
    stop: async () => {
      child.kill('SIGTERM')
      await exited
      return child.exitCode
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
