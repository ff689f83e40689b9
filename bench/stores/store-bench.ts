import type { Line } from '../measure/report.ts'

/** Notes one figure of one repetition. */
export type RecordSample = (
  rule: string,
  measure: string,
  value: number,
  target?: Pick<Line, 'atMost' | 'atLeast' | 'unit'>,
) => void

/** The measurements of one store. */
export interface StoreBench extends AsyncDisposable {
  /** Measures ours and the others once, one after another. */
  readonly repeat: (record: RecordSample) => Promise<void>
}

/** Opens a bench; `undefined`, after saying so, if its server is not there. */
export type OpenStoreBench = () => Promise<StoreBench | undefined>

/** How a span of work is measured: CPU time of this process, or the clock where work waits for a disk or a server. */
export type Clock = () => number

/** In microseconds. */
export const cpu: Clock = () => {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** In microseconds. */
export const wall: Clock = () => performance.now() * 1_000

/** Microseconds per step of `count` steps. */
export async function perStep(
  clock: Clock,
  count: number,
  work: () => Promise<void> | void,
): Promise<number> {
  const before = clock()
  await work()
  return (clock() - before) / count
}
