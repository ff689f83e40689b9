// For programs whose own `lib` does not have `AsyncDisposable` yet.
/// <reference lib="esnext.disposable" preserve="true" />
import type { CruxRecord } from '@crux/core'
import { errorResponse, withHeaders } from '../push/error-response.ts'
import { readLastEventId, readQuery } from '../push/last-event-id.ts'
import { answers, type Answer, type AnsweringHandler } from '../push/pushed-body.ts'
import { comeBack, tooManyConnections } from '../push/fixed-answers.ts'
import { checkAddedHeaders, createStreamHeaders } from '../push/stream-headers.ts'
import { toResponse } from '../push/to-response.ts'
import { createAdmission, type Admission } from './admit-request.ts'
import { createAnnouncer } from './announce-connection.ts'
import { answerPoll } from './answer-poll.ts'
import { beginConnection } from './begin-connection.ts'
import { checkOptions } from './check-options.ts'
import { createConnections } from './connections.ts'
import { createOpeningFrames } from './frames.ts'
import { createHub } from './hub.ts'
import { untagCursor } from './live-cursor.ts'
import type { CruxSSEHandlerOptions } from './live-options.ts'
import type { FollowedScope } from './live-state.ts'
import { refusals } from './refusals.ts'
import { createReport } from './report.ts'
import { createPlainView, createProjectedView, type View } from './view.ts'

/** What `cruxSSEHandler` gives: a route handler with a life of its own. */
export interface CruxSSEHandler extends AnsweringHandler, AsyncDisposable {
  (request: Request): Promise<Response>
  /**
   * Ends all connections (`closed`: clients come back, to another instance) and takes no new ones. Idempotent. The end
   * of an `await using` block calls it.
   */
  readonly close: () => void
  /**
   * Ends the connections of a scope and of the scopes inside it for good (`gone`), and answers their held polls. It
   * remembers nothing: `authorize` must refuse these clients from now on. Throws `invalid-id` if it is no scope.
   */
  readonly withdraw: (scope: string) => void
  /** How many connections are open, held polls included. */
  readonly stats: () => { readonly open: number }
}

/** The longest that a poll is held. */
const maxWaitMs = 25_000

/**
 * A route handler that sends every plan and task of a scope, and every change of them, over Server-Sent Events, and
 * answers polls on the same URL. It works with every server that takes `(request: Request) => Response`; on Node wrap it
 * in `toNodeHandler`.
 *
 * A new client gets everything, then `ready`, then changes as they come; one that comes back gets what it missed
 * (LIVE-10). Make one handler per store and keep it: all its clients share one subscription and one encoding. Throws
 * `CruxError` `invalid-id` if `prefix` is a text that is no scope, `invalid-value` for a number out of range and for
 * headers that it must set itself.
 *
 * @example
 * const handler = cruxSSEHandler({
 *   store,
 *   authorize: async (request) => (await readSession(request)) ?? false,
 *   prefix: (_request, session) => `session:${session.id}:`,
 * })
 * export const GET = (request: Request) => handler(request)
 */
export function cruxSSEHandler<Context = undefined>(options: CruxSSEHandlerOptions<Context>): CruxSSEHandler {
  const {
    store,
    project,
    progressWindowMs = 100,
    heartbeatMs = 15_000,
    retryMs = 1_000,
    maxConnections = Infinity,
    maxConnectionsPerScope = Infinity,
    maxBufferedBytes = 1_048_576,
    stallMs = 60_000,
    maxLifetimeMs,
    onError,
  } = options
  checkOptions(options)
  const added = checkAddedHeaders(options.headers)
  const streamHeaders = createStreamHeaders(added)
  const report = createReport(onError)
  const pollHeaders = withHeaders(added, {
    'content-type': 'application/json',
    'cache-control': 'private, no-store',
  })
  pollHeaders.append('vary', 'accept')
  const opening = createOpeningFrames(retryMs, heartbeatMs)
  const hub = createHub({
    store,
    opening,
    maxBufferedBytes,
    progressWindowMs,
    onEpoch: () => connections.endAll('closed'),
    onFailure: (error, failed) => {
      report(error, 'store')
      connections.endAll('error', ({ scope }) => scope === failed)
    },
  })
  const admit = createAdmission({ ...options, viewOf: hub.viewOf, added, report })
  const announce = createAnnouncer(options, report)
  const connections = createConnections({
    hub,
    greeting: opening.greeting,
    heartbeatMs,
    stallMs,
    maxLifetimeMs,
  })
  let polls = 0
  let isClosed = false

  async function answer(request: Request): Promise<Answer> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return errorResponse(refusals.method, added)
    const isPoll = wantsJson(request)
    if (isClosed) return sayClosed(isPoll)
    const lastEventId = readLastEventId(request)
    const admission = await admit(request, lastEventId)
    if (!('context' in admission)) return admission
    if (request.method === 'HEAD')
      return new Response(null, { headers: isPoll ? pollHeaders : streamHeaders })
    if (isClosed) return sayClosed(isPoll)
    const inScope = hub.scopes.get(admission.store.scopePrefix)?.size ?? 0
    if (open() >= maxConnections || inScope >= maxConnectionsPerScope)
      return errorResponse(tooManyConnections, added)
    try {
      return isPoll ? await poll(request, admission) : await stream(request, admission, lastEventId)
    } catch (error) {
      if (isClosed) return sayClosed(isPoll)
      report(error, 'store', request)
      return errorResponse(refusals.storeUnavailable, added)
    }
  }

  async function stream(
    request: Request,
    admission: Admission<Context>,
    lastEventId: string,
  ): Promise<Answer> {
    const view = viewOf(request, admission)
    const connection = connections.add(hub.enter(admission.store), view)
    const leave = () => connections.end(connection)
    request.signal.addEventListener('abort', leave)
    if (request.signal.aborted) leave()
    try {
      await beginConnection(connection, {
        store: admission.store,
        after: lastEventId === '' ? undefined : untagCursor(lastEventId, view.tag),
        opening,
        onFailure: (error) => {
          report(error, 'store', request)
          connections.end(connection, 'error')
        },
      })
    } catch (error) {
      // Otherwise it was ended meanwhile, and the failure is only that.
      if (!connection.isEnded) {
        leave()
        throw error
      }
    } finally {
      request.signal.removeEventListener('abort', leave)
    }
    if (isClosed) return sayClosed(false)
    if (!connection.isEnded)
      announce(connection, { request, scope: admission.prefix, context: admission.context })
    return { headers: streamHeaders, open: (output) => connections.open(connection, output) }
  }

  async function poll(request: Request, admission: Admission<Context>): Promise<Response> {
    const view = viewOf(request, admission)
    const scope = hub.enter(admission.store)
    polls++
    try {
      const text = await answerPoll({
        scope,
        view,
        after: readQuery(request.url, 'after'),
        waitMs: Math.min(Number(readQuery(request.url, 'wait')) || 0, maxWaitMs),
        retryAfterMs: retryMs,
        signal: request.signal,
      })
      return new Response(text, { headers: pollHeaders })
    } finally {
      polls--
      hub.leave(scope)
    }
  }

  function viewOf(request: Request, { context, tag }: Admission<Context>): View {
    if (project === undefined) return createPlainView(tag)
    const projectThis = (record: CruxRecord) => project(record, context)
    return createProjectedView(tag, projectThis, (error) => report(error, 'project', request))
  }

  function sayClosed(isPoll: boolean): Response {
    if (isPoll) return errorResponse(refusals.closed, added)
    return comeBack(streamHeaders)
  }

  function endPolls(isMeant: (scope: FollowedScope) => boolean): void {
    for (const scope of hub.scopes.values()) {
      if (isMeant(scope)) for (const held of scope.polls) held.onEnd()
    }
  }

  const open = () => connections.count() + polls

  const handle = async (request: Request): Promise<Response> => {
    const answered = await answer(request)
    return 'open' in answered ? toResponse(answered, request) : answered
  }
  const close = () => {
    isClosed = true
    connections.endAll('closed')
    endPolls(() => true)
    hub.close()
  }
  return Object.assign(handle, {
    [answers]: answer,
    close,
    [Symbol.asyncDispose]: async () => close(),
    withdraw: (scope: string) => {
      const { scopePrefix } = store.scope(scope)
      connections.endAll('gone', ({ scope: { name } }) => name.startsWith(scopePrefix))
      endPolls(({ name }) => name.startsWith(scopePrefix))
    },
    stats: () => ({ open: open() }),
  })
}

/** A client that takes an event stream gets one, whatever else it takes (LIVE-19). */
function wantsJson({ headers }: Request): boolean {
  const accept = headers.get('accept')?.toLowerCase() ?? ''
  return accept.includes('application/json') && !accept.includes('text/event-stream')
}
