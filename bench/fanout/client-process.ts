// The other side: many plain sockets that count what they are given. Its CPU time is not measured.
import { connect, type Socket } from 'node:net'
import { serveParent } from '../measure/process-rpc.ts'
import { changeMark } from './contenders.ts'

interface Reader {
  readonly socket: Socket
  received: number
  /** End of the last read, in case a mark was cut in two. */
  tail: string
}

const readers: Reader[] = []
let firstArrivals: bigint[] | undefined
let waiting: { each: number; resolve: () => void } | undefined

function count(reader: Reader, text: string): void {
  const searched = reader.tail + text
  for (let at = searched.indexOf(changeMark); at !== -1; at = searched.indexOf(changeMark, at + 2)) {
    reader.received++
    firstArrivals?.push(process.hrtime.bigint())
  }
  reader.tail = searched.endsWith('@') && !searched.endsWith(changeMark) ? '@' : ''
  if (waiting && readers.every(({ received }) => received >= (waiting?.each ?? 0))) {
    waiting.resolve()
    waiting = undefined
  }
}

const methods = {
  /** Opens connections, at most 100 at a time, and resolves when all are open. */
  async open({ port, count: wanted, path = '/', readyText, stalled = false }: OpenOptions) {
    let next = 0
    async function worker() {
      while (next++ < wanted) await openOne(port, path, readyText, stalled)
    }
    await Promise.all(Array.from({ length: 100 }, worker))
  },
  /** Resolves when every reader has been given `each` changes in all. */
  async received(each: number) {
    if (readers.every(({ received }) => received >= each)) return
    await new Promise<void>((resolve) => {
      waiting = { each, resolve }
    })
  },
  /** Starts to remember when each change arrived at each reader. */
  recordArrivals() {
    firstArrivals = []
  },
  arrivals() {
    return firstArrivals ?? []
  },
  close() {
    for (const { socket } of readers.splice(0)) socket.destroy()
  },
}

interface OpenOptions {
  readonly port: number
  readonly count: number
  readonly path?: string
  readonly readyText: string
  readonly stalled?: boolean
}

function openOne(port: number, path: string, readyText: string, stalled: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const reader: Reader = { socket, received: 0, tail: '' }
    let greeting = ''
    socket.setEncoding('latin1')
    socket.once('error', reject)
    socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`)
    socket.on('data', function greet(text: string) {
      greeting += text
      if (!greeting.includes(readyText)) return
      socket.off('data', greet)
      if (stalled) socket.pause()
      else socket.on('data', (later: string) => count(reader, later))
      readers.push(reader)
      resolve()
    })
  })
}

export type ClientMethods = typeof methods
serveParent(methods)
