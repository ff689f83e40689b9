import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { onTestFinished, vi } from 'vitest'

/** A socket that speaks HTTP/1 by hand, so that every byte of the answer is seen. */
export interface RawClient {
  readonly socket: Socket
  /** All that came, as it came. */
  readonly text: () => string
  /** The status line and the headers. */
  readonly head: () => readonly string[]
  /** The body, with the frames of its chunks taken away. Throws if they are wrong. */
  readonly body: () => string
  /** Waits until the bytes hold this text. */
  readonly until: (text: string) => Promise<void>
  readonly untilClosed: () => Promise<void>
}

/** Sends a request; `lines` is everything before the empty line. */
export async function rawRequest(port: number, lines: readonly string[], body = ''): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.setEncoding('utf8')
  let text = ''
  let isClosed = false
  socket.on('data', (piece: string) => {
    text += piece
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    isClosed = true
  })
  await once(socket, 'connect')
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
  const split = () => {
    const at = text.indexOf('\r\n\r\n')
    return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 4)]
  }
  const head = () => split()[0]?.split('\r\n') ?? []
  const wait = (isDone: () => boolean, what: string) =>
    vi.waitUntil(isDone, { timeout: 20_000, interval: 2 }).then(
      () => {},
      () => Promise.reject(new Error(`${what} has not come; there is only:\n${text}`)),
    )
  return {
    socket,
    text: () => text,
    head,
    body: () => {
      const rest = split()[1] ?? ''
      return head().some((line) => /^transfer-encoding: chunked$/i.test(line)) ? dechunk(rest) : rest
    },
    until: (wanted) => wait(() => text.includes(wanted), JSON.stringify(wanted)),
    untilClosed: () => wait(() => isClosed, 'The end'),
  }
}

/** A GET as a browser would send it. */
export function rawGet(port: number, path = '/live', headers: readonly string[] = []): Promise<RawClient> {
  return rawRequest(port, [`GET ${path} HTTP/1.1`, 'host: test.local', ...headers])
}

/** Strict; only for text of one byte per character. */
function dechunk(text: string): string {
  let body = ''
  for (let rest = text; rest !== '';) {
    const match = /^([1-9a-f][0-9a-f]*|0)\r\n/.exec(rest)
    if (match === null) throw new Error(`No chunk: ${JSON.stringify(rest.slice(0, 40))}`)
    const length = Number.parseInt(match[1] ?? '', 16)
    const end = match[0].length + length
    if (rest.length < end + 2) return body + rest.slice(match[0].length)
    if (rest.slice(end, end + 2) !== '\r\n') throw new Error('A chunk of another length than it says.')
    body += rest.slice(match[0].length, end)
    if (length === 0) return body
    rest = rest.slice(end + 2)
  }
  return body
}
