import { EventEmitter, once } from 'node:events'
import { setTimeout } from 'node:timers/promises'

/** Where a build is. */
export interface Progress {
  readonly status: 'running' | 'succeeded'
  readonly step: string
  readonly percent: number
}

/** A line of a build's log; the first has number 1. */
export interface LogLine {
  readonly number: number
  readonly text: string
}

/** A job that takes a while, and says what it does. */
export interface Build {
  readonly id: string
  readonly owner: string
  /** Where it is now, and then the newest state whenever it has changed, until the end or until `signal` aborts. */
  readonly progress: (signal: AbortSignal) => AsyncGenerator<Progress, void>
  /** The lines after this one, and then each new line, until the end or until `signal` aborts. */
  readonly linesAfter: (line: number, signal: AbortSignal) => AsyncGenerator<LogLine, void>
}

/** All builds of this process, in memory. `lineMs` is the time that one line of a log takes. */
export function createBuilds({ lineMs }: { readonly lineMs: number }) {
  const builds = new Map<string, Build>()
  return {
    get: (id: string) => builds.get(id),
    start: (owner: string): Build => {
      const build = startBuild(`${builds.size + 1}`, owner, lineMs)
      builds.set(build.id, build)
      return build
    },
  }
}

const script = [
  ['install', 'reading the lockfile'],
  ['install', 'fetching 214 packages'],
  ['install', 'linking'],
  ['compile', 'core'],
  ['compile', 'server'],
  ['compile', 'react'],
  ['compile', 'writing declarations'],
  ['test', 'unit: 412 passed'],
  ['test', 'contract: 96 passed'],
  ['test', 'browser: 58 passed'],
  ['publish', 'packing 3 tarballs'],
  ['publish', 'done'],
] as const

function startBuild(id: string, owner: string, lineMs: number): Build {
  const lines: LogLine[] = []
  const changes = new EventEmitter().setMaxListeners(0)
  let current: Progress = { status: 'running', step: 'install', percent: 0 }

  async function run(): Promise<void> {
    for (const [step, text] of script) {
      // A build does not keep a process that was told to stop.
      await setTimeout(lineMs, undefined, { ref: false })
      lines.push({ number: lines.length + 1, text: `${step}: ${text}` })
      const percent = Math.round((100 * lines.length) / script.length)
      current = { status: percent < 100 ? 'running' : 'succeeded', step, percent }
      changes.emit('change')
    }
  }
  // Nothing in it can fail.
  void run()

  /** Waits for the next change; false if `signal` aborts before. */
  const nextChange = (signal: AbortSignal): Promise<boolean> =>
    once(changes, 'change', { signal }).then(
      () => true,
      () => false,
    )

  return {
    id,
    owner,
    async *progress(signal) {
      for (;;) {
        const sent = current
        yield sent
        if (sent.status !== 'running') return
        // Whoever was slow to take it gets what is newest by then.
        while (current === sent) if (!(await nextChange(signal))) return
      }
    },
    async *linesAfter(line, signal) {
      for (let sent = line; ; sent += 1) {
        while (sent >= lines.length) {
          if (current.status !== 'running' || !(await nextChange(signal))) return
        }
        const next = lines[sent]
        if (next !== undefined) yield next
      }
    },
  }
}
