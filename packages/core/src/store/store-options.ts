import { CruxError } from '../errors/index.ts'
import type { StoreOptions } from './crux-store.ts'

/** The longest time that a timer can wait. */
const maxTimerMs = 2 ** 31 - 1

/** Fills in the defaults; `invalid-value` for what is no positive number, or no time that a timer can wait. */
export function checkStoreOptions(options: StoreOptions): Required<StoreOptions> {
  const {
    maxRecordBytes = 262_144,
    timeoutMs = 5_000,
    pollIntervalMs = 1_000,
    contentionMs = 10_000,
  } = options
  check('maxRecordBytes', maxRecordBytes, Number.MAX_SAFE_INTEGER)
  check('timeoutMs', timeoutMs, maxTimerMs)
  if (pollIntervalMs !== Infinity) check('pollIntervalMs', pollIntervalMs, maxTimerMs)
  if (contentionMs !== 0) check('contentionMs', contentionMs, maxTimerMs)
  return { maxRecordBytes, timeoutMs, pollIntervalMs, contentionMs }
}

function check(name: string, value: number, max: number): void {
  if (typeof value === 'number' && value > 0 && value <= max) return
  throw new CruxError('invalid-value', `${name} is ${value}: expected a number above 0, at most ${max}.`)
}
