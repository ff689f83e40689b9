import { encodeEvent } from '@crux/core/sse'
import { checkDurations, checkLimits } from '../push/check-numbers.ts'
import { errorResponse } from '../push/error-response.ts'
import { comeBack, stopAfterEnd, tooManyConnections } from '../push/fixed-answers.ts'
import { readLastEventId } from '../push/last-event-id.ts'
import type { Answer } from '../push/pushed-body.ts'
import { retryFrame } from '../push/retry-frame.ts'
import { checkAddedHeaders, createStreamHeaders } from '../push/stream-headers.ts'
import { tell } from '../push/tell.ts'
import { createSseConnection, type ConnectionSettings, type SseConnection } from './sse-connection.ts'
import type { SseHandler, SseOptions } from './sse-types.ts'

/** The streams of one value of `sse`: its options, checked once, and its open connections. */
export interface SseServer {
  /**
   * The 204 for a client that comes back after the end of its stream, and must stop; `undefined` for everybody else
   * (SSE-20). To be asked before anything is done for the request; `answer` asks too.
   */
  readonly answerEnded: (request: Request) => Response | undefined
  /**
   * The answer with this handler: a pushed body, which takes a slot and must be opened (`toResponse`, `toBody`), or a
   * response without the handler: 204, headers for HEAD, 503 when full, `retry` alone after `close` (SSE-2, SSE-25).
   * `waitUntil` is for this request in place of the option.
   */
  readonly answer: (request: Request, handler: SseHandler, waitUntil?: SseOptions['waitUntil']) => Answer
  /** Ends all streams as `shutdown` and takes no new ones: clients come back, to another instance. Idempotent. */
  readonly close: () => void
  /** How many streams are open: from the answer until the last byte was handed over or dropped. */
  readonly stats: () => { readonly open: number }
}

/**
 * What all forms of `sse` share. Throws `CruxError` `invalid-value` for a number out of range and for headers that are
 * not the user's to set.
 */
export function createSseServer(options: SseOptions = {}): SseServer {
  const { maxConnections = Infinity, lastEventIdParam = true, signal, waitUntil } = options
  const settings = readSettings(options)
  const added = checkAddedHeaders(options.headers)
  const headers = createStreamHeaders(added)
  const connections = new Set<SseConnection>()
  let isClosed = false

  const readId = (request: Request) => readLastEventId(request, lastEventIdParam)

  function close(): void {
    isClosed = true
    signal?.removeEventListener('abort', close)
    for (const connection of connections) connection.shutDown()
  }

  if (signal?.aborted) isClosed = true
  else signal?.addEventListener('abort', close)

  return {
    answerEnded: (request) => stopAfterEnd(readId(request), added),
    answer: (request, handler, ownWaitUntil = waitUntil) => {
      const lastEventId = readId(request)
      const stopped = stopAfterEnd(lastEventId, added)
      if (stopped !== undefined) return stopped
      if (request.method === 'HEAD') return new Response(null, { headers })
      if (isClosed) return comeBack(headers)
      if (connections.size >= maxConnections) return errorResponse(tooManyConnections, added)
      const connection = createSseConnection(settings, {
        request,
        handler,
        lastEventId,
        waitUntil: ownWaitUntil,
        onDone: () => connections.delete(connection),
      })
      connections.add(connection)
      return { headers, open: connection.open }
    },
    close,
    stats: () => ({ open: connections.size }),
  }
}

function readSettings(options: SseOptions): ConnectionSettings {
  checkDurations(options, ['heartbeatMs', 'retryMs', 'maxLifetimeMs', 'stallMs'])
  checkLimits(options, ['maxConnections'])
  // With a mark of 0 no write could ever be past it.
  checkLimits(options, ['highWaterMarkBytes', 'maxBufferedBytes', 'maxEventBytes'], 1)
  const {
    retryMs,
    heartbeatMs = 15_000,
    stallMs = 60_000,
    highWaterMarkBytes = 16_384,
    maxBufferedBytes = 1_048_576,
    maxEventBytes = 1_048_576,
    end = true,
    reconnectOnError = false,
    onError,
  } = options
  const heartbeat = encodeEvent({ comment: '' })
  return {
    keepOpen: options.keepOpen,
    maxLifetimeMs: options.maxLifetimeMs,
    maskError: options.maskError,
    outbox: {
      greeting: retryMs === undefined ? heartbeat : retryFrame(retryMs),
      heartbeat,
      heartbeatMs,
      stallMs,
      highWaterMarkBytes: Math.min(highWaterMarkBytes, maxBufferedBytes),
    },
    maxBufferedBytes,
    maxEventBytes,
    saysEnd: end,
    reconnectOnError,
    report: (error, phase, request) => void tell('sse', onError, error, { request, phase }),
  }
}
