// The measured process: ours or a bare server, on a port of 127.0.0.1, told by the parent what to publish in which scope.
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { createCrux, inMemoryCruxStore, type PlanHandle } from '@crux/core'
import { cruxSSEHandler, toNodeHandler } from '@crux/server'
import { serveParent } from '../../bench/measure/process-rpc.ts'

/** A way to bring a change to all clients of one scope. */
interface Contender {
  readonly listener: RequestListener
  /** What a client is given when it would be told of the next change. */
  readonly readyText: string
  readonly publish: (scope: string, content: string) => Promise<void>
  readonly open: () => number
}

const contenders = { crux, raw } satisfies Record<string, () => Contender>

/** Whose server is measured: `raw` is `node:http` with one write for each client. */
export type ScopedContenderName = keyof typeof contenders

function crux(): Contender {
  const store = inMemoryCruxStore()
  const handler = cruxSSEHandler({ store, prefix: ({ url }) => new URL(url).searchParams.get('scope') ?? '' })
  const plans = new Map<string, Promise<PlanHandle>>()
  return {
    listener: toNodeHandler(handler),
    readyText: '"ready"',
    publish: async (scope, content) => {
      const made = plans.get(scope) ?? createCrux({ store: store.scope(scope) }).plan({ title: 'Plan' })
      plans.set(scope, made)
      await (await made).update({ content })
    },
    open: () => handler.stats().open,
  }
}

function raw(): Contender {
  const scopes = new Map<string, Set<ServerResponse>>()
  const members = (scope: string) => {
    const found = scopes.get(scope) ?? new Set()
    scopes.set(scope, found)
    return found
  }
  return {
    listener: (req, res) => {
      const scope = members(new URL(req.url ?? '', 'http://localhost').searchParams.get('scope') ?? '')
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.write(': ready\n\n')
      scope.add(res)
      res.once('close', () => scope.delete(res))
    },
    readyText: ': ready',
    publish: async (scope, content) => {
      const frame = Buffer.from(`data: ${JSON.stringify({ key: `${scope}plan`, content })}\n\n`)
      for (const res of members(scope)) res.write(frame)
    },
    open: () => [...scopes.values()].reduce((sum, { size }) => sum + size, 0),
  }
}

let contender: Contender | undefined
let published = 0

function current(): Contender {
  if (!contender) throw new Error('Call start first')
  return contender
}

/** Which scopes there are, and how often something changes in one of them, in turn. */
interface Pace {
  readonly scopes: number
  readonly changes: number
  readonly perSecond: number
}

const methods = {
  async start(name: ScopedContenderName) {
    contender = contenders[name]()
    const server = createServer(contender.listener)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 65_535, resolve))
    // A server that listens on a port has an address of this form.
    return { port: (server.address() as AddressInfo).port, readyText: contender.readyText }
  },
  /** Resident bytes. */
  memory() {
    globalThis.gc?.()
    globalThis.gc?.()
    return process.memoryUsage().rss
  },
  open: () => current().open(),
  /** Gives when each change was begun, in ns of the machine's clock. */
  async publish({ scopes, changes, perSecond }: Pace) {
    const begun: bigint[] = []
    for (let change = 0; change < changes; change++) {
      const pause = setTimeout(1_000 / perSecond)
      begun.push(process.hrtime.bigint())
      const content = `@@${published};${'x'.repeat(150)}`
      await current().publish(`s${published % scopes}:`, content)
      published++
      await pause
    }
    return begun
  },
}

/** What the parent may call. */
export type ScopedServerMethods = typeof methods
serveParent(methods)
