// A server as an app has it, on an origin of its own, for the tests that run in the browser.
import { createServer, type IncomingMessage } from 'node:http'
import { createCrux, inMemoryCruxStore } from '@crux/core'
import { cruxSSEHandler, toNodeHandler } from '@crux/server'
import { answerEvents } from './event-routes.ts'

const store = inMemoryCruxStore()
const cors = { 'access-control-allow-origin': '*' }
const open = new Set<IncomingMessage>()

/** `/anything?page=<scope>` */
function addressOf({ url = '/' }: { url?: string | undefined }) {
  const { pathname, searchParams } = new URL(url, 'http://server')
  return { name: pathname.slice(1), scope: `page:${searchParams.get('page')}:` }
}

const live = toNodeHandler(
  cruxSSEHandler({
    store,
    prefix: (request) => addressOf(request).scope,
    progressWindowMs: 0,
    heartbeatMs: 1_000,
    retryMs: 50,
    headers: cors,
  }),
)

async function act(name: string, scope: string) {
  const crux = createCrux({ store: store.scope(scope) })
  const list = crux.taskListAgent('work')
  switch (name) {
    case 'start': {
      const plan = await crux.plan({ id: 'launch', title: 'Launch' })
      const tasks = ['build', 'test', 'ship'].map((id) => ({ id, label: id }))
      await crux.tasklist({ id: 'work', planId: plan.id, tasks })
      break
    }
    case 'build':
      await list.startTask('build')
      for (let percent = 1; percent <= 100; percent += 1) await list.reportProgress('build', { percent })
      await list.completeTask('build')
      break
    case 'finish':
      await list.completeTask('test')
      await list.removeTask('ship')
      await crux.updatePlan('launch', { title: 'Launched' })
      break
    case 'drop':
      // As when a proxy or a network goes: nobody says anything.
      for (const request of open) if (addressOf(request).scope === scope) request.destroy()
      break
    default:
      throw new Error(`There is no /${name}.`)
  }
}

const server = createServer((request, response) => {
  if (answerEvents(request, response)) return
  if (request.method === 'POST') {
    const { name, scope } = addressOf(request)
    act(name, scope).then(
      () => response.writeHead(204, cors).end(),
      (error) => response.writeHead(500, cors).end(String(error)),
    )
    return
  }
  open.add(request)
  response.once('close', () => open.delete(request))
  live(request, response)
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.(typeof address === 'object' ? address?.port : address)
})
// Its parent ends without a word when a test run is interrupted.
process.once('disconnect', () => process.exit())
