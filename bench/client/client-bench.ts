import { setImmediate } from 'node:timers/promises'
import type { Line } from '../measure/report.ts'

/** Notes one figure of one repetition. */
export type RecordSample = (
  rule: string,
  measure: string,
  value: number,
  target?: Pick<Line, 'atMost' | 'atLeast' | 'unit'>,
) => void

/** CPU time of this process while it works, in microseconds. */
export async function cpuOf(work: () => Promise<void> | void): Promise<number> {
  globalThis.gc?.()
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

/** Turns of the event loop, in which React does what it has put off. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate()
}
