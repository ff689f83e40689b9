import { unref } from '../push/unref.ts'
import type { NodeResponse } from './node-types.ts'

/** How many looks there are in the time that a client has. */
const looks = 4

/**
 * Destroys a response that its client does not take. A stream of HTTP/2 is closed with an error code, since without one a
 * cut would look like an end; of HTTP/1 the error would come to the server as if the client had sent nonsense (SSE-11a).
 */
export function cut(res: NodeResponse): void {
  res.destroy(res.stream === undefined ? undefined : new Error('The client took no byte for too long.'))
}

/**
 * After the end of a response: cuts it when the client has taken no byte for so long while some wait. The timer does
 * not keep the process alive; 0 waits for ever.
 */
export function cutWhenStuck(res: NodeResponse, afterMs: number): void {
  if (afterMs === 0) return
  let left = res.writableLength
  let looksWithoutProgress = 0
  const timer = setInterval(() => {
    if (res.writableLength < left) {
      left = res.writableLength
      looksWithoutProgress = 0
    } else if (++looksWithoutProgress === looks) {
      clearInterval(timer)
      cut(res)
    }
  }, afterMs / looks)
  unref(timer)
  res.on('close', () => clearInterval(timer))
}
