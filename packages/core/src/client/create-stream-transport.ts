import { parseEventStream } from '../sse/parse-event-stream.ts'
import type { CruxDataPart } from '../wire/crux-data-part.ts'
import { isObject } from '../wire/entity-fields.ts'
import { readDataPart } from '../wire/read-data-part.ts'
import type { MessageLike } from '../wire/strip-parts.ts'
import type { ConnectionStatus, CruxTransport, TransportSink } from './crux-transport.ts'
import { readJson } from './read-json.ts'
import { SseClientError } from './sse-client-error.ts'
import { createTaskPlanParts } from './task-plan-parts.ts'
import { createTextEventParser } from './text-event-parser.ts'

/** A transport that is fed with what a chat receives. Its functions work unbound. */
export interface StreamTransport extends CruxTransport {
  readonly kind: 'stream'
  /**
   * Takes a part as `useChat` hands it to `onData`, or text of a UI message stream in pieces cut anywhere. What is
   * neither a part of Crux nor of a task plan is ignored. Never throws.
   */
  readonly ingest: (part: unknown) => void
  /** Takes the parts that messages of a chat's history hold, and says `ready`. */
  readonly hydrate: (messages: readonly MessageLike[]) => void
  /**
   * Reads the body of a UI message stream to its end and then says `ready`. Rejects with what the body failed with, with
   * the signal's reason, with `SseError` `event-too-large` for an event of more than 64 Mi characters, and with
   * `SseClientError` `http` for a response that is not 2xx. What came before stays.
   */
  readonly consume: (
    source: Response | ReadableStream<Uint8Array>,
    options?: { readonly signal?: AbortSignal | undefined },
  ) => Promise<void>
  /** Takes what this transport delivered out of the cache, for a chat that begins anew. */
  readonly clear: () => void
}

/** A file in a chat is one event. */
const maxEventLength = 64 * 1_048_576

/**
 * Brings what rides in a chat's own stream into the client cache: the parts that `createCruxStreamWriter` writes, and
 * the plans of the task-plan injector, each as a task list with the plan's id (CLI-7). It asks for nothing by itself:
 * `useChat`, or whatever reads the response, feeds it. The newest value of each entity is kept, so that a client that
 * connects later gets it too. Make it once, outside render.
 *
 * There is no connection, so the status stays `idle`; while `consume` reads, it is `live`, and `failed` after a body
 * that broke off.
 *
 * @example
 * const [transport] = useState(() => createStreamTransport())
 * const chat = useChat({ onData: transport.ingest })
 */
export function createStreamTransport(): StreamTransport {
  /** Who is connected, and the fork through which they are fed. */
  const outlets = new Map<TransportSink, TransportSink>()
  // Kept over reconnects, so that what an earlier connection delivered can be taken back.
  const known = new WeakMap<TransportSink, { readonly fork: TransportSink; readonly clears: number }>()
  let clears = 0
  let kept = new Map<string, CruxDataPart>()
  let plans = createTaskPlanParts()
  let text = createTextEventParser(takeEvent, maxEventLength)
  let isReady = false
  let readings = 0
  let connection: { readonly status: ConnectionStatus; readonly error?: unknown } = { status: 'idle' }

  function takeEvent(data: string) {
    deliver(partsOf(readJson(data)))
  }

  function partsOf(part: unknown): readonly CruxDataPart[] {
    if (!isObject(part)) return []
    // The sink checks what it is given and counts what it cannot use (CLI-13).
    if (part['type'] === 'data-crux') return [part['data'] as CruxDataPart]
    return plans.push(part)
  }

  function deliver(parts: readonly CruxDataPart[]) {
    if (parts.length === 0) return
    for (const part of parts) if (readDataPart(part)) keep(part)
    for (const fork of outlets.values()) fork.apply(parts)
  }

  /** As the cache does it (LIVE-1). */
  function keep(part: CruxDataPart) {
    const name = `${part.entity}:${part.key}`
    const held = kept.get(name)?.revision
    if (part.revision === undefined)
      kept.set(name, { ...part, ...(held !== undefined && { revision: held }) })
    else if (held === undefined || part.revision > held) kept.set(name, part)
  }

  function sayReady() {
    isReady = true
    for (const sink of outlets.keys()) sink.ready()
  }

  function setStatus(status: ConnectionStatus, error?: unknown) {
    connection = { status, error }
    for (const sink of outlets.keys()) sink.status(status, error)
  }

  return {
    kind: 'stream',
    connect(sink) {
      const before = known.get(sink)
      const fork = before?.fork ?? sink.fork()
      known.set(sink, { fork, clears })
      outlets.set(sink, fork)
      const isOutdated = before !== undefined && before.clears < clears
      if (isOutdated) fork.reset()
      if (kept.size > 0) fork.apply([...kept.values()])
      if (isOutdated) fork.ready()
      if (connection.status !== 'idle') sink.status(connection.status, connection.error)
      if (isReady) sink.ready()
      let isUndone = false
      return () => {
        if (!isUndone) outlets.delete(sink)
        isUndone = true
      }
    },
    ingest(part) {
      try {
        if (typeof part === 'string') text.push(part)
        else deliver(partsOf(part))
      } catch {
        // A throw would fail the whole response (SDK-6), and what cannot even be looked at is none of ours.
      }
    },
    hydrate(messages) {
      // Users send their own messages: what is in them proves nothing about the agent.
      const parts = messages.flatMap((message) => (message.role === 'user' ? [] : message.parts))
      deliver(parts.flatMap(partsOf))
      sayReady()
    },
    async consume(source, { signal } = {}) {
      readings += 1
      setStatus('live')
      let end: [ConnectionStatus, unknown?] = ['idle']
      try {
        const body = 'body' in source ? bodyOf(source) : source
        if (body)
          for await (const { data } of parseEventStream(body, { maxEventLength, signal })) takeEvent(data)
        sayReady()
      } catch (error) {
        if (!signal?.aborted) end = ['failed', error]
        throw error
      } finally {
        readings -= 1
        if (readings === 0) setStatus(...end)
      }
    },
    clear() {
      clears += 1
      kept = new Map()
      plans = createTaskPlanParts()
      text = createTextEventParser(takeEvent, maxEventLength)
      for (const [sink, fork] of outlets) {
        known.set(sink, { fork, clears })
        fork.reset()
        fork.ready()
      }
      sayReady()
    },
  }
}

function bodyOf({ ok, status, body }: Response): ReadableStream<Uint8Array> | null {
  if (ok) return body
  // One that cannot be cancelled has failed already.
  void body?.cancel().catch(() => {})
  throw new SseClientError('http', `The server answered ${status}.`, { status })
}
