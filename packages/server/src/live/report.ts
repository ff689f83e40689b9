import type { CruxSSEHandlerOptions, LiveErrorPhase } from './live-options.ts'

/** Tells the user of what went wrong; never throws, never rejects. */
export type Report = (error: unknown, phase: LiveErrorPhase, request?: Request) => void

/** What `onError` throws is lost: there is nobody left to tell. */
export function createReport(onError: CruxSSEHandlerOptions<unknown>['onError']): Report {
  return (error, phase, request) => {
    try {
      if (onError === undefined) logError(error, phase)
      else onError(error, request === undefined ? { phase } : { request, phase })
    } catch {
      // Nobody is left to tell.
    }
  }
}

function logError(error: unknown, phase: LiveErrorPhase): void {
  // oxlint-disable-next-line no-console -- the documented default: an error must not vanish
  console.error(`cruxSSEHandler (${phase}):`, error)
}
