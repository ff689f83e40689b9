import { CruxError } from '@crux/core/errors'
import type { CruxSSEHandlerOptions } from './live-options.ts'

/** A timer that is set for longer fires at once. */
const maxTimerMs = 2_147_483_647

const durations = ['progressWindowMs', 'heartbeatMs', 'retryMs', 'stallMs', 'maxLifetimeMs'] as const
const limits = ['maxConnections', 'maxConnectionsPerScope', 'maxBufferedBytes'] as const

/** Throws `invalid-value` for a number that would be misunderstood later. `Infinity` is no duration, but a limit. */
export function checkOptions<Context>(options: CruxSSEHandlerOptions<Context>): void {
  for (const name of durations) {
    const ms = options[name]
    if (ms === undefined || (Number.isInteger(ms) && ms >= 0 && ms <= maxTimerMs)) continue
    throw invalid(name, ms, `whole milliseconds from 0 to ${maxTimerMs}`)
  }
  for (const name of limits) {
    const limit = options[name]
    if (limit === undefined || limit >= 0) continue
    throw invalid(name, limit, 'a number of 0 or more')
  }
}

function invalid(name: string, value: unknown, expected: string): CruxError {
  return new CruxError('invalid-value', `${name} is ${String(value)}: expected ${expected}.`)
}
