import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'

export const host = '127.0.0.1'

/** A Redis server of this test's own. */
export interface PrivateRedis extends AsyncDisposable {
  readonly port: number
  /** A connection for the test itself. */
  readonly admin: Redis
  /** Ends the server: `SIGTERM` lets it write what its settings say, `SIGKILL` does not. */
  readonly stop: (signal: 'SIGTERM' | 'SIGKILL') => Promise<void>
  readonly start: () => Promise<void>
}

/** True if the binary is on this machine; else says on a line of its own what is left out. */
export const hasRedisServer = spawnSync('redis-server', ['--version']).status === 0
if (!hasRedisServer)
  console.warn('No redis-server on this machine: leaving out the tests that start their own.')

/** Starts a server on a free port, in a folder of its own. Without arguments, it keeps nothing on disk. */
export async function startRedis(
  args: readonly string[] = ['--save', '', '--appendonly', 'no'],
): Promise<PrivateRedis> {
  const port = await freePort()
  const dir = mkdtempSync(join(tmpdir(), 'crux-redis-'))
  const admin = new Redis({ host, port, lazyConnect: true, retryStrategy: () => 20 })
  // Lost on purpose, by each stop.
  admin.on('error', () => {})
  let child: ChildProcess | undefined

  const start = async () => {
    child = spawn('redis-server', ['--bind', host, '--port', String(port), '--dir', dir, ...args], {
      stdio: 'ignore',
    })
    await admin.ping()
  }
  // Also where a run ends before the test does.
  const kill = () => child?.kill('SIGKILL')
  process.once('exit', kill)
  const stop = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  await start()
  return {
    port,
    admin,
    start,
    stop,
    async [Symbol.asyncDispose]() {
      process.removeListener('exit', kill)
      admin.disconnect()
      await stop('SIGKILL')
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Starts a cluster of one node that serves all slots. */
export async function startRedisCluster(): Promise<PrivateRedis> {
  const server = await startRedis([
    '--save',
    '',
    '--appendonly',
    'no',
    '--cluster-enabled',
    'yes',
    '--cluster-announce-ip',
    host,
  ])
  await server.admin.cluster('ADDSLOTSRANGE', 0, 16_383)
  while (!String(await server.admin.cluster('INFO')).includes('cluster_state:ok')) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return server
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  // A server that listens on a port has an address of this form.
  const { port } = server.address() as AddressInfo
  server.close()
  // The bus of a cluster node is 10,000 above its port.
  return port < 55_000 ? port : freePort()
}
