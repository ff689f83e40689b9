import { createServer, request } from 'node:http'

/** An HTTP proxy in front of a server, which can keep back the rest of an answer. */
export interface HoldingProxy {
  readonly origin: string
  readonly port: number
  /** From now on no answer goes on after this text, until `release()`. */
  readonly holdAfter: (text: string) => void
  /** Lets go of what is held, and holds nothing more. */
  readonly release: () => void
  readonly close: () => Promise<void>
}

export async function startHoldingProxy(targetPort: number): Promise<HoldingProxy> {
  let mark: string | undefined
  let release = () => {}
  let released = Promise.resolve()
  const server = createServer((incoming, outgoing) => {
    const { url: path, method, headers } = incoming
    const asked = request({ host: '127.0.0.1', port: targetPort, path, method, headers }, async (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      // A character is a byte, so that letters may be cut.
      answer.setEncoding('latin1')
      let before = ''
      try {
        for await (const given of answer) {
          const piece = String(given)
          const at = mark === undefined ? -1 : (before + piece).indexOf(mark)
          const end = mark === undefined || at < 0 ? piece.length : at + mark.length - before.length
          outgoing.write(piece.slice(0, end), 'latin1')
          if (end < piece.length || at >= 0) await released
          outgoing.write(piece.slice(end), 'latin1')
          before = (before + piece).slice(-100)
        }
        outgoing.end()
      } catch {
        outgoing.destroy()
      }
    })
    asked.on('error', () => outgoing.destroy())
    outgoing.on('close', () => asked.destroy())
    incoming.pipe(asked)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.')

  return {
    origin: `http://127.0.0.1:${address.port}`,
    port: address.port,
    holdAfter: (text) => {
      mark = text
      released = new Promise((resolve) => {
        release = resolve
      })
    },
    release: () => {
      mark = undefined
      release()
    },
    close: () => {
      release()
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
