// The measured process: one contender on a port of 127.0.0.1, told by the parent what to publish.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { createCrux, type PlanHandle } from '@crux/core'
import { serveParent } from '../measure/process-rpc.ts'
import { changeMark, contenders, type Contender, type ContenderName } from './contenders.ts'

let contender: Contender | undefined
let published = 0

function current(): Contender {
  if (!contender) throw new Error('Call start first')
  return contender
}

let handles: PlanHandle[] = []

function hundredPlans(): Promise<PlanHandle[]> {
  const { store } = current()
  if (!store) throw new Error('Only ours has a store')
  const { plan } = createCrux({ store })
  return Promise.all(Array.from({ length: 100 }, (_, n) => plan({ id: `e${n}`, title: `Entity ${n}` })))
}

const methods = {
  async start(name: ContenderName) {
    contender = contenders[name]()
    const server = createServer(contender.listener)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 65_535, resolve))
    return { port: (server.address() as AddressInfo).port, readyText: contender.readyText }
  },
  /** CPU time of this process so far, in microseconds. */
  cpu() {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  memory() {
    globalThis.gc?.()
    globalThis.gc?.()
    const { rss, heapUsed } = process.memoryUsage()
    return { rss, heapUsed }
  },
  /** One change per turn of the event loop. */
  async publishSustained(changes: number) {
    for (let i = 0; i < changes; i++) {
      await current().publish(published++)
      await setImmediate()
    }
  },
  /** `bursts` times 16 changes at once, each after a pause in which the one before could leave. */
  async publishBursts(bursts: number) {
    for (let i = 0; i < bursts; i++) {
      await Promise.all(Array.from({ length: 16 }, () => current().publish(published++)))
      await setTimeout(100)
    }
  },
  /** One change after a quiet period each; gives when each was published, in ns of the machine's clock. */
  async publishPaced(changes: number) {
    const at: bigint[] = []
    for (let i = 0; i < changes; i++) {
      await setTimeout(30)
      at.push(process.hrtime.bigint())
      await current().publish(published++)
    }
    return at
  },
  /** A list of 200 tasks, for those that send a snapshot. */
  async fillSnapshot() {
    const { store } = current()
    if (!store) return
    const { tasklist } = createCrux({ store })
    await tasklist({
      id: 'work',
      tasks: Array.from({ length: 200 }, (_, n) => ({ id: `t${n}`, label: `Task ${n}` })),
    })
  },
  /** `changes` changes to the same 100 plans, as fast as commits go. */
  async publishOver100(changes: number) {
    if (handles.length === 0) handles = await hundredPlans()
    for (let i = 0; i < changes; i += handles.length) {
      await Promise.all(handles.map((handle) => handle.update({ content: `${changeMark} ${++published}` })))
      await setImmediate()
    }
  },
}

export type ServerMethods = typeof methods
serveParent(methods)
