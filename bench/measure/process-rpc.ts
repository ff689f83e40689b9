import { fork, type ChildProcess } from 'node:child_process'

/** What a measured process offers: methods by name, each with one JSON argument and a JSON answer. */
export type Methods = Record<string, (argument: never) => unknown>

interface Call {
  readonly id: number
  readonly method: string
  readonly argument: unknown
}

interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

/** Answers the parent's calls with `methods`. For the child's side. */
export function serveParent(methods: Methods): void {
  // A parent that was killed can end nobody.
  process.once('disconnect', () => process.exit())
  process.on('message', async ({ id, method, argument }: Call) => {
    try {
      const run = methods[method]
      if (!run) throw new Error(`There is no method ${method}`)
      // The parent's side is typed by the same methods, so the argument is what the method takes.
      process.send?.({ id, value: await run(argument as never) } satisfies Answer)
    } catch (error) {
      process.send?.({ id, error: String(error instanceof Error ? error.stack : error) } satisfies Answer)
    }
  })
}

/** A child process whose methods can be called. */
export interface Child<M extends Methods> extends AsyncDisposable {
  readonly call: <Name extends keyof M & string>(
    method: Name,
    ...argument: Parameters<M[Name]>
  ) => Promise<Awaited<ReturnType<M[Name]>>>
}

/** How a child is started: what it finds behind its name in `process.argv`, and flags for Node. */
export interface ChildOptions {
  readonly args?: readonly string[]
  readonly execArgv?: readonly string[]
}

/** Starts `script` as a child process of its own, by default with a collectable heap. */
export function startChild<M extends Methods>(
  script: URL,
  { args = [], execArgv = ['--expose-gc'] }: ChildOptions = {},
): Child<M> {
  const child: ChildProcess = fork(script, args, { execArgv: [...execArgv], serialization: 'advanced' })
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  let calls = 0
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))

  child.on('message', ({ id, value, error }: Answer) => {
    const call = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) call?.resolve(value as never)
    else call?.reject(new Error(error))
  })
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${script.pathname} ended with code ${code}`))
  })

  return {
    call: (method, ...[argument]) =>
      new Promise((resolve, reject) => {
        const id = ++calls
        waiting.set(id, { resolve, reject })
        child.send({ id, method, argument } satisfies Call)
      }),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
