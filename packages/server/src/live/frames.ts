import { encodeEvent, sseEndId } from '@crux/core/sse'
import { retryFrame } from '../push/retry-frame.ts'

/** Why a server ends a stream (LIVE-16). `gone` means for ever; after the others clients come back. */
export type EndReason = 'closed' | 'expired' | 'evicted' | 'error' | 'gone'

/** A comment, which no client sees: sent when nothing else was (LIVE-15). */
export const heartbeatFrame = /* @__PURE__ */ encodeEvent({ comment: '' })

/** A snapshot follows: what it lacks is gone (LIVE-10). */
export const resetFrame = /* @__PURE__ */ encodeEvent({ event: 'crux-sync', data: '{"phase":"reset"}' })

/** What stands before and after what a client is given to begin with. */
export interface OpeningFrames {
  /** The wait before reconnecting, then a comment, so that adapters send their headers (LIVE-15). */
  readonly greeting: string
  /** Everything up to `cursor` was delivered (LIVE-10). */
  readonly ready: (cursor: string) => string
}

/** The opening frames of a handler; both times are in milliseconds. */
export function createOpeningFrames(retryMs: number, heartbeatMs: number): OpeningFrames {
  const data = JSON.stringify({ phase: 'ready', heartbeatMs })
  return {
    greeting: retryFrame(retryMs) + heartbeatFrame,
    ready: (cursor) => encodeEvent({ event: 'crux-sync', id: cursor, data }),
  }
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
