import type { CruxDataPart } from '../wire/crux-data-part.ts'
import type { CruxTransport, TransportSink } from './crux-transport.ts'
import { createEventConnection, type EventConnection } from './event-connection.ts'
import { createPartBatch } from './part-batch.ts'
import { readJson, readJsonFields } from './read-json.ts'
import { requestEvents, type EventRequest } from './request-events.ts'

/** How a live store is reached. */
export interface SSETransportOptions extends Omit<EventRequest, 'method' | 'body'> {
  /** Jitter of the waits between attempts, in milliseconds. Default 500, doubling up to 30,000. */
  readonly backoff?: { readonly baseMs?: number; readonly maxMs?: number } | undefined
  /**
   * How long the server may send nothing, in milliseconds, from the start of an attempt on: 100 to 600,000, or 0 for
   * ever. Default: from the opening on 2.5 times the heartbeat that the server tells, 37,500 until it did.
   */
  readonly idleTimeoutMs?: number | undefined
}

/**
 * Follows a live store over Server-Sent Events, as `cruxSSEHandler` serves it. Reconnects from where it was; stops as
 * `failed` where that cannot help, and as `ended` when the server says so. With `headers` as a function a 401 is tried
 * once more with its new result (CLI-1 to CLI-3).
 *
 * The cursor goes as a header to the page's own origin and in the query to another one, where a header would cost a
 * preflight. Each `connect` starts with a snapshot.
 *
 * @example
 * const transport = createSSETransport('/api/crux', { headers: async () => ({ authorization: await token() }) })
 */
export function createSSETransport(url: string | URL, options: SSETransportOptions = {}): CruxTransport {
  const connections = new Map<TransportSink, EventConnection>()
  return {
    kind: 'sse',
    connect(sink) {
      const connection = follow(url, options, sink)
      connections.set(sink, connection)
      sink.status('connecting')
      return () => {
        connection.close()
        if (connections.get(sink) === connection) connections.delete(sink)
      }
    },
    retry: (sink) => connections.get(sink)?.retry(),
  }
}

/**
 * One connection for one sink. From the opening to `ready`, and later from one id to the next, parts are gathered; they
 * are applied together or, if the connection is cut before, not at all. The cursor moves only with what was applied.
 */
function follow(url: string | URL, options: SSETransportOptions, sink: TransportSink): EventConnection {
  const { headers, backoff, idleTimeoutMs } = options
  const batch = createPartBatch()
  let cursor = ''
  let isSnapshot = false
  let isReady = false
  let heartbeatMs = defaultHeartbeatMs

  function gather(snapshot: boolean) {
    batch.take()
    isSnapshot = snapshot
    isReady = false
  }

  function apply(id: string | undefined) {
    const changes = batch.take()
    if (changes.length > 0) sink.apply(changes)
    if (id !== undefined) cursor = id
  }

  function onPart(part: unknown, id: string | undefined) {
    // The sink checks what it is given and counts what it cannot use, also what is not even JSON (CLI-13).
    if (!batch.add(part)) sink.apply([part as CruxDataPart])
    if (isReady && id !== undefined) apply(id)
  }

  function onSync(fields: Readonly<Record<string, unknown>>, id: string | undefined) {
    if (fields['phase'] === 'reset') return gather(true)
    if (fields['phase'] !== 'ready') return
    const told = fields['heartbeatMs']
    if (typeof told === 'number' && told >= 0) heartbeatMs = told
    if (isSnapshot) sink.reset()
    apply(id)
    isSnapshot = false
    isReady = true
    sink.ready()
    sink.status('live')
  }

  const connection = createEventConnection({
    request: (signal) => requestEvents(url, options, cursor, isForeign(url) ? 'query' : 'header', signal),
    reconnect: true,
    backoff,
    retryUnauthorized: typeof headers === 'function',
    idleTimeoutMs: idleTimeoutMs === undefined ? () => limitOf(2.5 * heartbeatMs) : limitOf(idleTimeoutMs),
    staleAfterMs: () => (heartbeatMs === 0 ? Infinity : 1.5 * heartbeatMs),
    onStatus: sink.status,
    onOpen() {
      heartbeatMs = defaultHeartbeatMs
      gather(false)
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
