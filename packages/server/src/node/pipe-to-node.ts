import type { NodeResponse } from './node-types.ts'
import { writeHead } from './write-head.ts'

/**
 * Sends a `Response` as it is, its body as fast as the client takes it. A body that fails destroys `res` at once, and a
 * client that leaves cancels the body (SSE-27). Resolves when there is no more to do, and never rejects.
 */
export async function pipeToNode(
  res: NodeResponse,
  { status, headers, body }: Response,
  isHead: boolean,
): Promise<void> {
  const reader = body?.getReader()
  if (res.destroyed || (isHead && reader !== undefined)) void reader?.cancel().catch(() => {})
  if (res.destroyed) return
  writeHead(res, status, headers)
  if (reader === undefined || isHead) return void res.end()

  let wake = () => {}
  res.on('drain', () => wake())
  res.on('close', () => {
    wake()
    // Whatever it answers, nobody is left to be told.
    void reader.cancel().catch(() => {})
  })
  // Also while a write waits for `drain`, when nobody is reading.
  reader.closed.catch(() => res.destroy())
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done || res.destroyed) break
      if (!res.write(value)) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      res.flush?.()
    }
    res.end()
  } catch {
    res.destroy()
  }
}
