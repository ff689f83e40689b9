import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A TCP proxy that breaks the n-th connection once it has passed so many bytes of an answer's body. */
export interface CuttingProxy extends AsyncDisposable {
  readonly origin: string
  /** How many connections there were. */
  readonly connections: () => number
}

export async function startCuttingProxy(origin: string, cuts: readonly number[]): Promise<CuttingProxy> {
  const open = new Set<Socket>()
  let connections = 0
  const server = createServer((client) => {
    const limit = cuts[connections++] ?? Infinity
    const target = connect(Number(new URL(origin).port), '127.0.0.1')
    let answer = Buffer.alloc(0)
    let passed = 0
    client.pipe(target)
    target.on('data', (piece: Buffer) => {
      answer = Buffer.concat([answer, piece])
      const head = answer.indexOf('\r\n\r\n') + 4
      const end = head < 4 ? 0 : Math.min(answer.length, head + limit)
      client.write(answer.subarray(passed, end), () => {
        if (end < answer.length) client.destroy()
      })
      passed = end
    })
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
      })
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on a port has an address of this form.
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
