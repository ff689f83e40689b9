import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { parseEventStream } from '@crux/core/sse'
import { createClient } from 'redis'
import { Client } from 'pg'
import { describe, expect, test, vi } from 'vitest'

const host = '127.0.0.1'
const script = fileURLToPath(new URL('../server.ts', import.meta.url))

/** Each backend with its port and what a test of it leaves behind. */
const backends = {
  redis: { port: 6379, forget: forgetRedis },
  postgres: { port: 5432, forget: forgetPostgres },
} as const

describe.each(Object.keys(backends) as (keyof typeof backends)[])('two servers over %s', async (backend) => {
  const isThere = await accepts(backends[backend].port)
  if (!isThere) console.warn(`No ${backend} on ${host}:${backends[backend].port}: leaving out its example.`)

  test.skipIf(!isThere)(
    'REL-4 what one server commits the other shows, also after the first was killed',
    { timeout: 60_000 },
    async () => {
      const name = `two_servers_${randomUUID().replaceAll('-', '')}`
      try {
        await play(backend, name)
      } finally {
        await backends[backend].forget(name)
      }
    },
  )
})

/** Lets one server begin a run and the other finish it. Nobody is left who would write. */
async function play(backend: string, name: string): Promise<void> {
  await using first = await startServer(backend, name)
  await using second = await startServer(backend, name)
  await using page = follow(second.url)
  await vi.waitFor(() => expect(page.isReady()).toBe(true), 10_000)

  await post(`${first.url}/start`)
  const list = await vi.waitFor(() => {
    const [key] = page.lists()
    if (key === undefined) throw new Error('The run has not arrived.')
    return key
  }, 10_000)
  await post(`${first.url}/complete?${new URLSearchParams({ list, task: 't0' })}`)
  await vi.waitFor(() => expect(page.status(`${list}/t0`)).toBe('completed'), 10_000)

  first.kill()
  for (const task of ['t1', 't2', 't3'])
    await post(`${second.url}/complete?${new URLSearchParams({ list, task })}`)
  await vi.waitFor(() => expect(page.status(list)).toBe('completed'), 10_000)

  // A server that comes back shows what it missed.
  await using again = await startServer(backend, name)
  await using late = follow(again.url)
  await vi.waitFor(() => expect(late.status(list)).toBe('completed'), 10_000)
}

async function startServer(backend: string, name: string) {
  const port = await freePort()
  const child: ChildProcess = spawn(process.execPath, ['--conditions=@crux/source', script], {
    env: { ...process.env, PORT: String(port), CRUX_STORE: backend, CRUX_NAME: name },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  if (child.stdout) await Promise.race([once(child.stdout, 'data'), exited])
  return {
    url: `http://${host}:${port}`,
    kill: () => child.kill('SIGKILL'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** A page of that server, without the page: what it holds. */
function follow(url: string) {
  const abort = new AbortController()
  const held = new Map<string, { readonly entity: string; readonly value: { readonly status?: string } }>()
  let isReady = false
  const read = async () => {
    const { body } = await fetch(`${url}/events`, { signal: abort.signal })
    if (body === null) return
    for await (const { event, data } of parseEventStream(body)) {
      if (event === 'data-crux') {
        const { entity, key, value } = JSON.parse(data)
        held.set(key, { entity, value })
      } else if (event === 'crux-sync') isReady ||= JSON.parse(data).phase === 'ready'
    }
  }
  const ended = read().catch(() => {})
  return {
    isReady: () => isReady,
    status: (key: string) => held.get(key)?.value.status,
    lists: () => [...held].filter(([, { entity }]) => entity === 'tasklist').map(([key]) => key),
    async [Symbol.asyncDispose]() {
      abort.abort()
      await ended
    },
  }
}

async function post(url: string): Promise<void> {
  const { status } = await fetch(url, { method: 'POST' })
  expect(status).toBe(204)
}

async function forgetRedis(name: string): Promise<void> {
  const client = await createClient().connect()
  for (const key of ['meta', 'rec', 'seq', 'lex', 'lex:plan', 'lex:tasklist', 'lex:task'])
    await client.del(`{${name}}:${key}`)
  client.destroy()
}

async function forgetPostgres(name: string): Promise<void> {
  const client = new Client({ connectionString: 'postgres://postgres@127.0.0.1:5432/postgres' })
  await client.connect()
  await client.query(`drop schema ${name} cascade`)
  await client.end()
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  // A server that listens on a port has an address of this form.
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

function accepts(port: number): Promise<boolean> {
  const socket = connect(port, host)
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  }).finally(() => socket.destroy()) as Promise<boolean>
}
