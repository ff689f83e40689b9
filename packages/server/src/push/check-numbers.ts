import { CruxError } from '@crux/core/errors'

/** A timer that is set for longer fires at once. */
const maxTimerMs = 2_147_483_647

/** Throws `invalid-value` for an option that is no duration. `Infinity` is none. */
export function checkDurations<Name extends string>(
  options: { readonly [N in Name]?: number | undefined },
  names: readonly Name[],
): void {
  for (const name of names) {
    const ms = options[name]
    if (ms === undefined || (Number.isInteger(ms) && ms >= 0 && ms <= maxTimerMs)) continue
    throw invalid(name, ms, `whole milliseconds from 0 to ${maxTimerMs}`)
  }
}

/** Throws `invalid-value` for an option that is no limit, or one below `least`. `Infinity` is one. */
export function checkLimits<Name extends string>(
  options: { readonly [N in Name]?: number | undefined },
  names: readonly Name[],
  least = 0,
): void {
  for (const name of names) {
    const limit = options[name]
    if (limit === undefined || limit >= least) continue
    throw invalid(name, limit, `a number of ${least} or more`)
  }
}

function invalid(name: string, value: unknown, expected: string): CruxError {
  return new CruxError('invalid-value', `${name} is ${String(value)}: expected ${expected}.`)
}
