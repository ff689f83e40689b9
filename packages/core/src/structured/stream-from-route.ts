import { isObject } from '../json/is-object.ts'
import { createAlarm } from '../timing/alarm.ts'
import { followHeartbeats } from '../timing/follow-heartbeats.ts'
import { readChunks, type StreamEnd } from './read-stream.ts'
import type { Chunk } from './stream-chunk.ts'
import { StreamError } from './stream-error.ts'

/** A request that is answered by a turn. */
export interface RouteStreamOptions {
  readonly endpoint: string | URL
  /** Sent as JSON. */
  readonly body?: unknown
  /** Default `POST`. */
  readonly method?: string
  readonly headers?: HeadersInit
  /** Its abort ends the generator with `aborted`. */
  readonly signal?: AbortSignal
  /** Default the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch
  /**
   * How long the server may send nothing, in milliseconds, counted from the request; 0 is for ever. Default: learnt from
   * its heartbeats, at least 37,500, and no limit before there were two (SSE-41).
   */
  readonly idleTimeoutMs?: number
}

const maxErrorBodyBytes = 65_536
const maxErrorBodyMs = 5_000
const maxErrorMessageLength = 500

/**
 * Asks a route for a turn and gives its chunks (STR-41, STR-42). One request, never repeated. Throws `StreamError`
 * `network`, `http`, `bad-content-type`, `idle-timeout`, and what `readStream` throws.
 *
 * @example
 * for await (const chunk of streamFromRoute({ endpoint: '/api/mail', body: { messages } })) show(chunk)
 */
export async function* streamFromRoute({
  endpoint,
  body,
  method = 'POST',
  headers,
  signal,
  fetch: fetchRoute = fetch,
  idleTimeoutMs,
}: RouteStreamOptions): AsyncGenerator<Chunk, StreamEnd> {
  const sent = new Headers(headers)
  sent.set('accept', 'text/event-stream')
  const text = body === undefined ? undefined : JSON.stringify(body)
  if (text !== undefined && !sent.has('content-type')) sent.set('content-type', 'application/json')
  if (signal?.aborted) return 'aborted'
  const attempt = new AbortController()
  const abort = () => attempt.abort(signal?.reason)
  signal?.addEventListener('abort', abort)

  const alarm = createAlarm()
  const heartbeats = followHeartbeats()
  let isSilent = false
  const onSilence = () => {
    isSilent = true
    attempt.abort()
  }
  const expectByte = () => {
    const ms = idleTimeoutMs ?? heartbeats.limitMs()
    alarm.set(ms > 0 ? ms : Infinity, onSilence)
  }
  const stopExpecting = () => alarm.set(Infinity, onSilence)

  try {
    expectByte()
    const response = await ask(
      () =>
        fetchRoute(endpoint, {
          method,
          headers: sent,
          ...(text !== undefined && { body: text }),
          signal: attempt.signal,
        }),
      attempt.signal,
    )
    stopExpecting()
    await checkAnswer(response, attempt.signal)
    const watched = response.body && watchReads(response.body, expectByte, stopExpecting)
    const end = yield* readChunks(watched, { signal: attempt.signal, onComment: heartbeats.beat })
    if (end === 'aborted' && isSilent) throw new StreamError('idle-timeout', 'The server went silent.')
    return end
  } catch (error) {
    if (signal?.aborted) return 'aborted'
    if (isSilent) throw new StreamError('idle-timeout', 'The server went silent.')
    if (StreamError.is(error)) throw error
    throw new StreamError('network', 'The request failed.', { cause: error })
  } finally {
    stopExpecting()
    signal?.removeEventListener('abort', abort)
  }
}

/** The response, unless the signal aborts before it is there; then what comes late is not read. */
async function ask(request: () => Promise<Response>, signal: AbortSignal): Promise<Response> {
  const answer = request()
  let leave = () => {}
  const left = new Promise<never>((_resolve, reject) => {
    leave = () => reject(signal.reason)
    signal.addEventListener('abort', leave)
  })
  try {
    return await Promise.race([answer, left])
  } catch (error) {
    void answer.then(({ body }) => body?.cancel()).catch(ignore)
    throw error
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

async function checkAnswer({ ok, status, headers, body }: Response, signal: AbortSignal): Promise<void> {
  if (!ok) throw new StreamError('http', await readMessage(body, status, signal), { status })
  const type = headers.get('content-type') ?? ''
  if (/^\s*text\/event-stream\s*(;|$)/i.test(type)) return
  void body?.cancel().catch(ignore)
  throw new StreamError('bad-content-type', `Not an event stream: ${type.slice(0, 100)}`)
}

/** What an error body says of itself, as far as it is short, quick and JSON. */
async function readMessage(
  body: ReadableStream<Uint8Array> | null,
  status: number,
  signal: AbortSignal,
): Promise<string> {
  const text = body ? await readStart(body, signal) : ''
  const unknown = `Request failed (${status})`
  try {
    const json: unknown = JSON.parse(text)
    const { error, message } = isObject(json) ? json : {}
    const said = isObject(error) ? error['message'] : error
    const words = typeof said === 'string' ? said : message
    return typeof words === 'string' && words !== '' ? words.slice(0, maxErrorMessageLength) : unknown
  } catch {
    return unknown
  }
}

async function readStart(body: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<string> {
  const reader = body.getReader()
  // A cancelled read ends at once.
  const cancel = () => void reader.cancel().catch(ignore)
  const timer = setTimeout(cancel, maxErrorBodyMs)
  signal.addEventListener('abort', cancel)
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  try {
    while (bytes < maxErrorBodyBytes) {
      const { done, value } = await reader.read()
      if (done) break
      bytes += value.length
      text += decoder.decode(value, { stream: true })
    }
  } catch {
    // Half of it may still be whole JSON.
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', cancel)
    cancel()
  }
  return text
}

/** The same bytes, with word of when they are waited for: only a server that is asked can be silent. */
function watchReads(
  body: ReadableStream<Uint8Array>,
  onWait: () => void,
  onArrival: () => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream(
    {
      async pull(controller) {
        onWait()
        const { done, value } = await reader.read()
        onArrival()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

/** A body that cannot be cancelled has failed already. */
function ignore(): void {}
