// The other side: plain sockets, each in one scope, that remember which change they were given and when.
import { connect } from 'node:net'
import { serveParent } from '../../bench/measure/process-rpc.ts'

/** A change that one connection was given. */
export interface Arrival {
  readonly change: number
  /** In ns of the machine's clock. */
  readonly at: bigint
}

let arrivals: Arrival[] = []
let opened = 0
let ended = 0
let next = 0

interface OpenOptions {
  readonly port: number
  readonly count: number
  readonly scopes: number
  readonly readyText: string
}

const methods = {
  /** Opens that many connections more, at most 100 at a time, and resolves when all are open. */
  async open({ count, ...options }: OpenOptions) {
    const last = next + count
    async function worker() {
      while (next < last) await openOne(next++, options)
    }
    await Promise.all(Array.from({ length: 100 }, worker))
    return opened
  },
  /** How many connections are not open any more. */
  ended: () => ended,
  arrived: () => arrivals.length,
  takeArrivals() {
    const taken = arrivals
    arrivals = []
    return taken
  },
}

function openOne(index: number, { port, scopes, readyText }: Omit<OpenOptions, 'count'>): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    let isReady = false
    socket.setEncoding('latin1')
    socket.once('error', reject)
    socket.once('close', () => ended++)
    socket.write(`GET /?scope=s${index % scopes}: HTTP/1.1\r\nhost: localhost\r\n\r\n`)
    socket.on('data', (piece: string) => {
      text += piece
      if (!isReady) {
        if (!text.includes(readyText)) return
        isReady = true
        opened++
        resolve()
      }
      const at = process.hrtime.bigint()
      for (const [, change] of text.matchAll(/@@(\d+);/g)) arrivals.push({ change: Number(change), at })
      // A mark may have been cut in two.
      const cut = text.lastIndexOf('@')
      text = cut === -1 || text.indexOf(';', cut) !== -1 ? '' : text.slice(Math.max(0, cut - 1))
    })
  })
}

/** What the parent may call. */
export type ScopedClientMethods = typeof methods
serveParent(methods)
