import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A TCP proxy that cuts each connection after so many bytes of answers; `nextCut` says how many. */
export async function cuttingProxy(
  port: number,
  nextCut: () => number,
): Promise<{ port: number; cuts: () => number }> {
  const sockets = new Set<Socket>()
  let cuts = 0
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    let left = nextCut()
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        near.destroy()
        far.destroy()
      })
    }
    near.pipe(far)
    far.on('data', (bytes: Buffer) => {
      near.write(bytes.subarray(0, left))
      left -= bytes.length
      if (left > 0) return
      cuts++
      near.end(() => near.destroy())
      far.destroy()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, cuts: () => cuts }
}
