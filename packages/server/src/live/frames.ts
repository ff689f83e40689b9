import { encodeEvent, sseEndId } from '@crux/core/sse'

/** Why a server ends a stream (LIVE-16). `gone` means for ever; after the others clients come back. */
export type EndReason = 'closed' | 'expired' | 'evicted' | 'error' | 'gone'

/** A comment, which no client sees: sent when nothing else was (LIVE-15). */
export const heartbeatFrame = /* @__PURE__ */ encodeEvent({ comment: '' })

/** A snapshot follows: what it lacks is gone (LIVE-10). */
export const resetFrame = /* @__PURE__ */ encodeEvent({ event: 'crux-sync', data: '{"phase":"reset"}' })

/** How long to wait before reconnecting, in milliseconds, and nothing else. */
export function retryFrame(retryMs: number): string {
  return `retry: ${retryMs}\n\n`
}

/** The first bytes: the wait before reconnecting, then a comment, so that adapters send their headers (LIVE-15). */
export function greetingFrames(retryMs: number): string {
  return retryFrame(retryMs) + heartbeatFrame
}

/** Everything up to `cursor` was delivered (LIVE-10). */
export function readyFrame(cursor: string, heartbeatMs: number): string {
  return encodeEvent({
    event: 'crux-sync',
    id: cursor,
    data: JSON.stringify({ phase: 'ready', heartbeatMs }),
  })
}

/** One change; `data` is the JSON of its data part. With `cursor` it is the last of its batch (LIVE-11). */
export function changeFrame(data: string, cursor: string | undefined): string {
  return encodeEvent({ event: 'data-crux', id: cursor, data })
}

/** The last event of a stream that the server ends. The id of `gone` makes every SSE client stop (LIVE-16). */
export function endFrame(reason: EndReason): string {
  const reconnect = reason !== 'gone'
  return encodeEvent({
    event: 'crux-end',
    id: reconnect ? undefined : sseEndId,
    data: JSON.stringify({ reason, reconnect }),
  })
}
