import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { runSql } from './postgres-server.ts'

/** A PostgreSQL server of this test's own. */
export interface PrivateServer extends AsyncDisposable {
  readonly connectionString: string
  readonly start: () => Promise<void>
  /** Ends it at once: every connection is cut, and it recovers from its log when it starts again. */
  readonly crash: () => Promise<void>
}

interface UserId {
  readonly uid: number
  readonly gid: number
}

/** The newest of the machine, or `undefined` if there is none, or no user to run it: then the run says so. */
const bin = globSync('/usr/{lib/postgresql/*,local/pgsql}/bin').toSorted().findLast(hasServer)
const owner: Partial<UserId> | undefined = process.getuid?.() === 0 ? userId('postgres') : {}

/** True if this machine can start a server of a test's own. */
export const hasPrivateServer = bin !== undefined && owner !== undefined
if (!hasPrivateServer)
  console.warn('No PostgreSQL server can be started here: leaving out the tests that restart one.')

/** Starts a server on a free port, with data of its own. */
export async function startPrivateServer(): Promise<PrivateServer> {
  if (bin === undefined || owner === undefined) throw new Error('See hasPrivateServer.')
  const folder = mkdtempSync(join(tmpdir(), 'crux-postgres-'))
  const { uid, gid } = owner
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid)
  const data = join(folder, 'data')
  const port = await freePort()
  const connectionString = `postgres://postgres@127.0.0.1:${port}/postgres`
  const initArgs = ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '--no-locale', '-E', 'UTF8']
  const { status, stderr } = spawnSync(join(bin, 'initdb'), initArgs, {
    ...owner,
    cwd: folder,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`initdb failed: ${stderr}`)
  let child: ChildProcess | undefined

  const start = async () => {
    // Without fsync: it is the processes that end here, not the machine.
    const args = ['-D', data, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1', '-F']
    child = spawn(join(bin, 'postgres'), args, { ...owner, cwd: folder, stdio: 'ignore' })
    await vi.waitFor(() => runSql('select 1', connectionString), { timeout: 20_000, interval: 50 })
  }
  const crash = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    // The immediate shutdown.
    child.kill('SIGQUIT')
    await ended
  }

  await start()
  return {
    connectionString,
    start,
    crash,
    async [Symbol.asyncDispose]() {
      await crash()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function hasServer(folder: string): boolean {
  return existsSync(join(folder, 'postgres')) && existsSync(join(folder, 'initdb'))
}

/** The ids of a user, because the server refuses to run as root. */
function userId(name: string): UserId | undefined {
  const id = (flag: string) =>
    Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout || Number.NaN)
  const [uid, gid] = [id('-u'), id('-g')]
  return Number.isNaN(uid) || Number.isNaN(gid) ? undefined : { uid, gid }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on a port has an address of this form.
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
