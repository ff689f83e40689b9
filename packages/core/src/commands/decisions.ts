import type { Decision, Write } from '../store/index.ts'

/** Nothing needs writing; the caller gets what is there. */
export function unchanged<T>(value: T): Decision<T> {
  return { writes: [], result: () => value }
}

/** These writes, and `value` for the caller once they are in the store. */
export function writing<T>(writes: readonly Write[], value: T): Decision<T> {
  return { writes, result: () => value }
}
