import { checkDurations, checkLimits } from '../push/check-numbers.ts'
import type { CruxSSEHandlerOptions } from './live-options.ts'

/** Throws `invalid-value` for a number that would be misunderstood later. `Infinity` is no duration, but a limit. */
export function checkOptions<Context>(options: CruxSSEHandlerOptions<Context>): void {
  checkDurations(options, ['progressWindowMs', 'heartbeatMs', 'retryMs', 'stallMs', 'maxLifetimeMs'])
  checkLimits(options, ['maxConnections', 'maxConnectionsPerScope', 'maxBufferedBytes'])
}
