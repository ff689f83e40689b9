import { afterwards } from '../push/afterwards.ts'
import type { NodeResponse } from './node-types.ts'
import { writeHead } from './write-head.ts'

/**
 * Sends a `Response` as it is, its body as fast as the client takes it. A body that fails destroys `res` at once, and a
 * client that leaves cancels the body (SSE-27). Resolves once the body was handed over; rejects with what the body or
 * `res` has failed with.
 */
export async function pipeToNode(
  res: NodeResponse,
  { status, headers, body }: Response,
  isHead: boolean,
): Promise<void> {
  const reader = body?.getReader()
  // Whatever the body answers, nobody is left to be told.
  const cancel = () => void reader?.cancel().catch(() => {})
  if (res.destroyed) return cancel()
  try {
    writeHead(res, status, headers)
  } catch (error) {
    cancel()
    throw error
  }
  if (reader === undefined || isHead) {
    cancel()
    return void res.end()
  }

  let wake = () => {}
  res.on('drain', () => wake())
  res.on('close', cancel)
  // Also while a write waits for `drain`, when nobody is reading.
  reader.closed.catch(() => res.destroy())
  // Node sends the headers with the first byte, which may be long in coming.
  let hasBegun = false
  afterwards(() => {
    if (!hasBegun) res.flushHeaders?.()
  })
  for (;;) {
    const { done, value } = await reader.read()
    hasBegun = true
    if (done) break
    const isTaken = res.write(value)
    res.flush?.()
    if (isTaken) continue
    await new Promise<void>((resolve) => {
      wake = resolve
    })
  }
  res.end()
}
