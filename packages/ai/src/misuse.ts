import { CruxAIError } from './errors.ts'

/** A call that cannot work: `<function>(): <text>` (AI-101). Thrown before any provider is asked. */
export function misuse(caller: string, text: string): CruxAIError {
  return new CruxAIError('usage', `${caller}(): ${text}`)
}

/** A value in an error message: a number, boolean, `null` or `undefined` as it is, of all else only what it is. */
export function shown(value: unknown): string {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  return Array.isArray(value) ? 'array' : typeof value
}

/** Throws unless `value` is an integer from `min` to `max`. `undefined` passes: the default is taken. */
export function checkInteger(caller: string, name: string, value: unknown, min: number, max?: number): void {
  if (value === undefined) return
  const isInRange = Number.isInteger(value) && Number(value) >= min && Number(value) <= (max ?? Infinity)
  if (isInRange) return
  const range = max === undefined ? `>= ${min}` : `from ${min} to ${max}`
  throw misuse(caller, `${name} must be an integer ${range}, got ${shown(value)}`)
}
