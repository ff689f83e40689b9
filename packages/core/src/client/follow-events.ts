import type { CruxDataPart } from '../wire/crux-data-part.ts'
import type { Connection } from './connection.ts'
import { createEventConnection } from './event-connection.ts'
import type { LiveTarget } from './live-target.ts'
import { createPartBatch } from './part-batch.ts'
import { readJson, readJsonFields } from './read-json.ts'
import { requestEvents, type EventRequest } from './request-events.ts'

/** How a live store is followed. */
export interface FollowEventsOptions extends Omit<EventRequest, 'method' | 'body'> {
  readonly backoff?: { readonly baseMs?: number; readonly maxMs?: number } | undefined
  readonly idleTimeoutMs?: number | undefined
}

/**
 * Follows a live store over Server-Sent Events. From the opening to `ready`, and later from one id to the next, parts
 * are gathered; they are applied together or, if the connection is cut before, not at all.
 */
export function followEvents(
  url: string | URL,
  options: FollowEventsOptions,
  target: LiveTarget,
): Connection {
  const { headers, backoff, idleTimeoutMs } = options
  const batch = createPartBatch()
  let isSnapshot = false
  let isReady = false
  let heartbeatMs = defaultHeartbeatMs

  function gather(snapshot: boolean) {
    batch.take()
    isSnapshot = snapshot
    isReady = false
  }

  function onPart(part: unknown, id: string | undefined) {
    // Most batches are one change: there is nothing to gather (PERF-20).
    if (isReady && id !== undefined && batch.isEmpty())
      return target.deliver({ changes: [part as CruxDataPart], cursor: id })
    // The sink checks what it is given and counts what it cannot use, also what is not even JSON (CLI-13).
    if (!batch.add(part)) target.deliver({ changes: [part as CruxDataPart] })
    if (isReady && id !== undefined) target.deliver({ changes: batch.take(), cursor: id })
  }

  function onSync(fields: Readonly<Record<string, unknown>>, id: string | undefined) {
    if (fields['phase'] === 'reset') return gather(true)
    if (fields['phase'] !== 'ready') return
    const told = fields['heartbeatMs']
    if (typeof told === 'number' && told >= 0) heartbeatMs = told
    const reset = isSnapshot
    isSnapshot = false
    isReady = true
    target.deliver({ reset, changes: batch.take(), ready: true, cursor: id })
  }

  const connection = createEventConnection({
    request: (signal) =>
      requestEvents(url, options, target.cursor(), isForeign(url) ? 'query' : 'header', signal),
    backoff,
    retryUnauthorized: typeof headers === 'function',
    idleTimeoutMs: idleTimeoutMs === undefined ? () => limitOf(2.5 * heartbeatMs) : limitOf(idleTimeoutMs),
    staleAfterMs: () => (heartbeatMs === 0 ? Infinity : 1.5 * heartbeatMs),
    onStatus: target.status,
    onOpen() {
      heartbeatMs = defaultHeartbeatMs
      gather(false)
      target.opened?.()
    },
    onMessage({ event, data, id }, hasId) {
      const ownId = hasId ? id : undefined
      if (event === 'data-crux') onPart(readJson(data), ownId)
      else if (event === 'crux-sync') onSync(readJsonFields(data), ownId)
      else if (event === 'crux-end') {
        if (readJsonFields(data)['reconnect'] === false) connection.finish('ended')
        else connection.reconnect()
      }
    },
  })
  return connection
}

const defaultHeartbeatMs = 15_000

function limitOf(ms: number): number {
  return ms === 0 ? 0 : Math.min(Math.max(ms, 100), 600_000)
}

/** Whether a page asks another origin than its own. Where there is no page, there is no preflight either. */
function isForeign(url: string | URL): boolean {
  const { location }: { location?: Location } = globalThis
  return location !== undefined && new URL(url, location.href).origin !== location.origin
}
