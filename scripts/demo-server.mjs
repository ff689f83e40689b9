// Builds and starts examples/nextjs: for `npm run demo`, its end-to-end tests and its screenshots.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildPackages } from './build-packages.mjs'
import { root } from './workspace-packages.mjs'

const example = join(root, 'examples', 'nextjs')
const next = join(example, 'node_modules', 'next', 'dist', 'bin', 'next')
const startTimeoutMs = 60_000

/** Builds what is out of date: the packages (Next.js does not know their sources), then the example. */
export function buildDemo({ log = console.log } = {}) {
  const manifest = JSON.parse(readFileSync(join(example, 'package.json'), 'utf8'))
  const packages = buildPackages({ log, app: { manifest } })
  const stamp = join(example, '.next', 'input-hash')
  const wanted = hashInputs([...packages.values()])
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return

  const startedAt = Date.now()
  const options = { cwd: example, env: demoEnv(), encoding: 'utf8' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [next, 'build'], options)
  if (status !== 0) throw new Error(`Building the demo failed:\n${stdout}${stderr}`)
  writeFileSync(stamp, wanted)
  log(`Built the demo in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
}

function hashInputs(upstream) {
  const hash = createHash('sha256').update(upstream.join())
  const files = globSync(['{app,agent,components,lib}/**/*.*', '*.{ts,json}'], { cwd: example })
  for (const file of files.filter((name) => name !== 'next-env.d.ts').toSorted()) {
    hash.update(file).update(readFileSync(join(example, file)))
  }
  return hash.digest('hex')
}

/**
 * Starts the demo on a port of this machine and resolves when it answers. `close()` ends it together with what it
 * started; `exited` resolves when it is gone, for whatever reason.
 */
export async function startDemo({ port, dev = false, env = {}, stdio = 'ignore' }) {
  const args = [next, dev ? 'dev' : 'start', '--port', String(port), '--hostname', '127.0.0.1']
  // A process group of its own, so that no worker of Next.js outlives it.
  const child = spawn(process.execPath, args, { cwd: example, env: demoEnv(env), stdio, detached: true })
  let isRunning = true
  const exited = new Promise((resolve) => {
    child.once('error', resolve)
    child.once('exit', resolve)
  }).then(() => {
    isRunning = false
  })
  const signal = (name) => {
    try {
      process.kill(-child.pid, name)
    } catch {
      // The group is gone already.
    }
  }
  const close = async () => {
    signal('SIGTERM')
    await Promise.race([exited, sleep(2_000, undefined, { ref: false })])
    // Also when it has ended: a worker may still be there. And it waits for open streams, which never end.
    signal('SIGKILL')
    await exited
  }

  const origin = `http://127.0.0.1:${port}`
  const deadline = Date.now() + startTimeoutMs
  while (!(await answers(origin))) {
    if (isRunning && Date.now() < deadline) {
      await sleep(100)
      continue
    }
    await close()
    throw new Error(`The demo did not start on port ${port}.`)
  }
  const kill = async () => {
    signal('SIGKILL')
    await exited
  }
  return { origin, close, kill, exited }
}

async function answers(url) {
  try {
    const response = await fetch(url)
    await response.text()
    return response.ok
  } catch {
    return false
  }
}

function demoEnv(env = {}) {
  return { ...process.env, NEXT_TELEMETRY_DISABLED: '1', ...env }
}

/** `preferred` if nobody listens there, else a port that is free. */
export async function freePort(preferred = 0) {
  const port = (await portIfFree(preferred)) ?? (await portIfFree(0))
  if (port === undefined) throw new Error('There is no free port.')
  return port
}

/** The port, or `undefined` if it is taken. 0 gives any. */
export function portIfFree(port) {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => {
      const { port: given } = server.address()
      server.close(() => resolve(given))
    })
  })
}
