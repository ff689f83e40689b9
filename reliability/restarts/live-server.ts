// A server that is killed: `PORT=0 node live-server.ts [file]` serves a store in that file, or in memory. It says its
// address when it listens.
import { createServer } from 'node:http'
import { inMemoryCruxStore, type Write } from '@crux/core'
import { cruxSSEHandler, toNodeHandler } from '@crux/server'
import { cruxSqliteStore } from '@crux/sqlite'

const [path] = process.argv.slice(2)
const store = path === undefined ? inMemoryCruxStore() : cruxSqliteStore({ path })
const serveLive = toNodeHandler(cruxSSEHandler({ store, retryMs: 20 }))

/** Makes a plan and counts it, in one commit; answers when that is acknowledged, also if it was done before. */
const serveCommit = toNodeHandler(async (request) => {
  const { searchParams } = new URL(request.url)
  const counter = searchParams.get('counter') ?? ''
  const version = Number(searchParams.get('version'))
  const [made, counted] = [`${counter}-${version}`, counter]
  const [before, last] = await store.getMany([made, counted].map((key) => ({ entity: 'plan', key }) as const))
  if (before === undefined) {
    await store.commit([
      planWrite(made, version, 0),
      planWrite(counted, version, last === undefined ? 0 : last.revision),
    ])
  }
  return new Response(null, { status: 204 })
})

function planWrite(key: string, version: number, ifRevision: number): Write {
  const value = { id: key, title: key, content: '', version, createdAt: 1, updatedAt: 1 }
  return { entity: 'plan', key, value, event: ifRevision === 0 ? 'created' : 'updated', ifRevision }
}

const server = createServer((req, res) => (req.method === 'POST' ? serveCommit : serveLive)(req, res))
server.listen(Number(process.env['PORT']), '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') console.log(address?.port)
})
