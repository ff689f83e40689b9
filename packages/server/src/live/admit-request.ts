import type { CruxStore } from '@crux/core'
import { CruxError } from '@crux/core/errors'
import { errorResponse } from '../push/error-response.ts'
import { stopAfterEnd } from '../push/fixed-answers.ts'
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
  'authorize' | 'prefix' | 'viewKey'
> {
  /** The store's view of a scope. Throws `invalid-id` if it is none. */
  readonly viewOf: (prefix: string) => CruxStore
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
  authorize,
  prefix = '',
  viewKey,
  viewOf,
  added,
  report,
}: AdmissionOptions<Context>): (
  request: Request,
  lastEventId: string,
) => Promise<Admission<Context> | Response> {
  const fixedView = typeof prefix === 'string' ? viewOf(prefix) : undefined

  return async (request, lastEventId) => {
    let phase: 'authorize' | 'prefix' = 'authorize'
    try {
      // Without `authorize` nothing else can be the context: its type is then `undefined`.
      const context = authorize === undefined ? (undefined as Context) : await authorize(request)
      if (isResponse(context)) return context
      if (context === false) return errorResponse(refusals.forbidden, added)
      const stopped = stopAfterEnd(lastEventId, added)
      if (stopped !== undefined) return stopped
      phase = 'prefix'
      const chosen = typeof prefix === 'string' ? prefix : await prefix(request, context)
      if (isResponse(chosen)) return chosen
      const tag = viewKey === undefined ? '' : viewTag(viewKey(context))
      return { context, prefix: chosen, store: fixedView ?? viewOf(chosen), tag }
    } catch (error) {
      if (isResponse(error)) return error
      report(error, phase, request)
      const isNoScope = CruxError.is(error, 'invalid-id') && phase === 'prefix'
      return errorResponse(isNoScope ? refusals.broken : refusals.failed, added)
    }
  }
}

/** Also of another realm, or of a server that brings its own `Response`. */
function isResponse(value: unknown): value is Response {
  return value instanceof Response || Object.prototype.toString.call(value) === '[object Response]'
}
