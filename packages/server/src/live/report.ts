import { tell } from '../push/tell.ts'
import type { CruxSSEHandlerOptions, LiveErrorPhase } from './live-options.ts'

/** Tells the user of what went wrong; never throws, never rejects. */
export type Report = (error: unknown, phase: LiveErrorPhase, request?: Request) => void

/** What `onError` throws is lost: there is nobody left to tell. */
export function createReport(onError: CruxSSEHandlerOptions<unknown>['onError']): Report {
  return (error, phase, request) => {
    void tell('cruxSSEHandler', onError, error, request === undefined ? { phase } : { request, phase })
  }
}
