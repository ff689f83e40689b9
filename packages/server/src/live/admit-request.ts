import type { CruxStore } from '@crux/core'
import { sseEndId } from '@crux/core/sse'
import { errorResponse, withHeaders } from '../push/error-response.ts'
import { viewTag } from './live-cursor.ts'
import type { CruxSSEHandlerOptions } from './live-options.ts'
import { refusals } from './refusals.ts'
import type { Report } from './report.ts'

/** What a request may see. */
export interface Admission<Context> {
  readonly context: Context
  /** As `prefix` gave it. */
  readonly prefix: string
  /** The store's view of that scope. */
  readonly store: CruxStore
  /** What `viewKey` adds to the epoch of cursors. */
  readonly tag: string
}

/** What decides on requests. */
export interface AdmissionOptions<Context> extends Pick<
  CruxSSEHandlerOptions<Context>,
  'store' | 'authorize' | 'prefix' | 'viewKey'
> {
  /** The user's headers, for the answers made here. */
  readonly added: Headers
  readonly report: Report
}

/**
 * Decides who may follow which scope: `authorize`, then `prefix` (LIVE-12). The answer is a `Response` where one of them
 * returned or threw one, where the request is refused, and where the client must stop for good (LIVE-16). Throws
 * `invalid-id` at construction if a fixed prefix is no scope.
 */
export function createAdmission<Context>({
  store,
  authorize,
  prefix = '',
  viewKey,
  added,
  report,
}: AdmissionOptions<Context>): (
  request: Request,
  lastEventId: string,
) => Promise<Admission<Context> | Response> {
  const fixedView = typeof prefix === 'string' ? store.scope(prefix) : undefined

  async function grant(request: Request): Promise<{ context: Context } | Response> {
    // Without `authorize` nothing else can be the context: its type is then `undefined`.
    if (authorize === undefined) return { context: undefined as Context }
    const granted = await authorize(request)
    if (isResponse(granted)) return granted
    if (granted === false) return errorResponse(refusals.forbidden, added)
    return { context: granted }
  }

  async function choose(request: Request, context: Context): Promise<Admission<Context> | Response> {
    const chosen = typeof prefix === 'string' ? prefix : await prefix(request, context)
    if (isResponse(chosen)) return chosen
    const tag = viewTag(viewKey?.(context) ?? '')
    const view = fixedView ?? viewOf(chosen, request)
    return view === undefined
      ? errorResponse(refusals.broken, added)
      : { context, prefix: chosen, store: view, tag }
  }

  function viewOf(chosen: string, request: Request): CruxStore | undefined {
    try {
      return store.scope(chosen)
    } catch (error) {
      report(error, 'prefix', request)
      return undefined
    }
  }

  return async (request, lastEventId) => {
    let phase: 'authorize' | 'prefix' = 'authorize'
    try {
      const granted = await grant(request)
      if (!('context' in granted)) return granted
      if (lastEventId === sseEndId) {
        return new Response(null, {
          status: 204,
          headers: withHeaders(added, { 'cache-control': 'no-store' }),
        })
      }
      phase = 'prefix'
      return await choose(request, granted.context)
    } catch (error) {
      if (isResponse(error)) return error
      report(error, phase, request)
      return errorResponse(refusals.failed, added)
    }
  }
}

/** Also of another realm, or of a server that brings its own `Response`. */
function isResponse(value: unknown): value is Response {
  return value instanceof Response || Object.prototype.toString.call(value) === '[object Response]'
}
