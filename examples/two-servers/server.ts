// One of two servers: `PORT=3001 node server.ts`. What one commits, the pages of both show.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createCrux, CruxError } from '@crux/core'
import { cruxSSEHandler, toNodeHandler } from '@crux/server'
import { openStore } from './open-store.ts'

const port = Number(process.env['PORT'] ?? 3001)
const store = await openStore()
const crux = createCrux({ store: store.scope('demo:') })
const page = await readFile(new URL('./page.html', import.meta.url))

const live = cruxSSEHandler({ store, prefix: 'demo:' })
const serveLive = toNodeHandler(live)
const serveForm = toNodeHandler(async (request) => {
  const { pathname, searchParams } = new URL(request.url)
  try {
    if (pathname === '/start') await start()
    else await crux.taskListAgent(searchParams.get('list') ?? '').completeTask(searchParams.get('task') ?? '')
    return new Response(null, { status: 204 })
  } catch (error) {
    // Such as a task that the other page completed a moment ago.
    return new Response(CruxError.is(error) ? error.code : 'failed', { status: 409 })
  }
})

async function start(): Promise<void> {
  const labels = ['Read the ticket', 'Reproduce it', 'Fix it', 'Ship it']
  const tasks = labels.map((label, index) => ({ id: `t${index}`, label }))
  await crux.tasklist({ title: `Run started on port ${port}`, tasks })
}

const server = createServer((req, res) => {
  const path = req.url?.split('?')[0] ?? ''
  if (path === '/events') serveLive(req, res)
  else if (req.method === 'POST') serveForm(req, res)
  else res.setHeader('content-type', 'text/html; charset=utf-8').end(page)
})
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`))

process.once('SIGTERM', () => {
  server.close()
  live.close()
  void store.close()
})
