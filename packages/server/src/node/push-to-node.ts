import { lastWordMs, noOutput, type Output, type PushedBody } from '../push/pushed-body.ts'
import { unref } from '../push/unref.ts'
import type { NodeResponse } from './node-types.ts'
import { writeHead } from './write-head.ts'

/**
 * Sends a pushed body by `res.write`, without a stream in between (SSE-27). After a write has returned false nothing is
 * written until `drain`; the client has left when `res` closes before it was ended (SSE-28).
 *
 * Where Node would frame each write as a chunk of HTTP/1.1, that is switched off: chunks already have their frame. Once
 * the headers are out they then go straight to the socket, which saves corking it and a tick per client and flush.
 */
export function pushToNode(res: NodeResponse, { headers, open }: PushedBody): void {
  try {
    writeHead(res, 200, headers)
  } catch (error) {
    open(noOutput).onGone()
    throw error
  }
  // Not where middleware has put its own `write` before that of Node: it may count or change what passes.
  const isFramed = res.chunkedEncoding === true && !Object.hasOwn(res, 'write')
  if (isFramed) res.chunkedEncoding = false
  // There is none while an earlier response on the same connection is not complete.
  const wire = (isFramed && res.socket) || res
  let target: Pick<NodeResponse, 'write'> = res
  let isOver = false

  const output: Output & { isReady: boolean } = {
    isReady: true,
    write: (chunk) => {
      try {
        if (!target.write(isFramed ? chunk.framed : chunk.bytes)) output.isReady = false
        target = wire
        res.flush?.()
      } catch {
        // Middleware has failed. It is the end of this client, and of no other.
        output.isReady = false
        res.destroy()
      }
    },
    end: (last) => {
      if (isOver) return
      isOver = true
      if (last !== undefined) output.write(last)
      if (isFramed) res.chunkedEncoding = true
      res.end()
      cutWhenStuck(res)
    },
  }

  function resume(): void {
    if (isOver) return
    output.isReady = true
    producer.onReady()
  }

  const producer = open(output)
  wire.on('drain', resume)
  res.on('close', () => {
    wire.off('drain', resume)
    if (isOver) return
    isOver = true
    producer.onGone()
  })
  if (isOver) return
  if (res.destroyed) {
    isOver = true
    producer.onGone()
  } else {
    producer.onReady()
  }
}

/** After the end the client has a while to take what is left; as long as it takes some, it has another while. */
function cutWhenStuck(res: NodeResponse): void {
  let left = res.writableLength
  const timer = setInterval(() => {
    if (res.writableLength < left) left = res.writableLength
    else res.destroy()
  }, lastWordMs)
  unref(timer)
  res.on('close', () => clearInterval(timer))
}
