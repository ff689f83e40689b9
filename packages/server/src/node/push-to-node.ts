import { lastWordMs, noOutput, noProducer, type Output, type PushedBody } from '../push/pushed-body.ts'
import { cut, cutWhenStuck } from './cut.ts'
import type { NodeResponse } from './node-types.ts'
import { writeHead } from './write-head.ts'

/**
 * Sends a pushed body by `res.write`, without a stream in between (SSE-27). After a write has returned false nothing is
 * written until `drain`; the client has left when `res` closes before it was ended (SSE-28).
 *
 * Where Node would frame each write as a chunk of HTTP/1.1, that is switched off for our own: they have their frame. Once
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
  // There is none while an earlier response on the same connection is not complete.
  const wire = (isFramed && res.socket) || res
  let target: Pick<NodeResponse, 'write'> = res
  let producer = noProducer
  let writtenBytes = 0
  let isOver = false

  const output: Output & { isReady: boolean } = {
    isReady: true,
    isBuffered: true,
    get heldBytes() {
      return res.writableLength
    },
    get takenBytes() {
      return writtenBytes - res.writableLength
    },
    write: (chunk) => {
      // Somebody else has ended it: on the socket this would be taken for a part of the next response.
      if (res.writableEnded) return leave()
      const bytes = isFramed ? chunk.framed : chunk.bytes
      writtenBytes += bytes.length
      try {
        if (isFramed) res.chunkedEncoding = false
        if (!target.write(bytes)) output.isReady = false
        // Whoever ends the response, its last chunk is sent.
        if (isFramed) res.chunkedEncoding = true
        target = wire
        res.flush?.()
      } catch (error) {
        // Middleware has failed. It is the end of this client, and of no other.
        leave(error)
        res.destroy()
      }
    },
    end: (last, cutAfterMs = lastWordMs) => {
      if (isOver) return
      finish()
      if (last !== undefined) output.write(last)
      res.end()
      cutWhenStuck(res, cutAfterMs)
    },
    cut: () => {
      if (isOver) return
      finish()
      cut(res)
    },
  }

  /** From here on nothing is called back, and what the producer needed is let go of (SSE-7). */
  function finish(): void {
    isOver = true
    producer = noProducer
  }

  function resume(): void {
    if (isOver) return
    output.isReady = true
    producer.onReady()
  }

  function leave(error?: unknown): void {
    if (isOver) return
    const { onGone } = producer
    finish()
    onGone(error)
  }

  const opened = open(output)
  if (!isOver) producer = opened
  wire.on('drain', resume)
  res.on('close', () => {
    wire.off('drain', resume)
    leave()
  })
  if (res.destroyed) return leave()
  // Headers and first bytes leave in one write, and now: Node would wait for the end of what runs (SSE-27).
  res.cork?.()
  producer.onReady()
  res.uncork?.()
}
