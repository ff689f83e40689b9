import { vi } from 'vitest'

/** Waits until this does not fail. The limit is for a machine that has much else to do: only what hangs gets there. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 20_000, interval: 5 })
}
