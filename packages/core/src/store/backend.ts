import { CruxError } from '../errors/index.ts'
import type { StoreDriver } from './store-driver.ts'

/** What a call that failed may have done (STO-5). */
export type Outcome = 'none' | 'unknown'

/** A driver whose calls always end, and whose answers are watched for another epoch. */
export interface Backend extends Pick<
  StoreDriver,
  'head' | 'read' | 'scan' | 'since' | 'forget' | 'renewEpoch' | 'close'
> {
  /** The epoch of the last answer; `undefined` before the first one. */
  readonly epoch: () => string | undefined
  /** Goes up each time the data turned out to be other data than before (STO-12). */
  readonly generation: () => number
  /** Tells what a commit's answer said. */
  readonly observe: (epoch: string, seq: number) => void
}

/**
 * Puts a driver behind a time limit (STO-5) and notes which data it holds (STO-12): `onRenewal` is called when an
 * answer comes from another epoch, or from a head below what was seen before the question was sent.
 */
export function createBackend(driver: StoreDriver, timeoutMs: number, onRenewal: () => void): Backend {
  let epoch: string | undefined
  let generation = 0
  let seen = 0

  // `atLeast` is what had been seen when the question was sent: answers may overtake one another.
  const observe = (answeredEpoch: string, seq: number, atLeast: number) => {
    const isRenewed = epoch !== undefined && (epoch !== answeredEpoch || seq < atLeast)
    epoch = answeredEpoch
    seen = isRenewed ? seq : Math.max(seen, seq)
    if (!isRenewed) return
    generation++
    onRenewal()
  }

  const limited = <T>(what: string, call: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(timedOut(what, timeoutMs)), timeoutMs)
      // The async function catches what a driver throws before its first await.
      void (async () => call())().then(
        (answer) => {
          clearTimeout(timer)
          resolve(answer)
        },
        (error: unknown) => {
          clearTimeout(timer)
          reject(asUnavailable(what, error))
        },
      )
    })

  return {
    head: async () => {
      const atLeast = seen
      const head = await limited('its head', () => driver.head())
      observe(head.epoch, head.seq, atLeast)
      return head
    },
    since: async (query) => {
      const page = await limited('what changed', () => driver.since(query))
      observe(page.epoch, page.upTo, query.after)
      return page
    },
    read: (refs) => limited('records', () => driver.read(refs)),
    scan: (query) => limited('a page of records', () => driver.scan(query)),
    forget: (refs) => limited('to forget records', () => driver.forget(refs)),
    renewEpoch: () => limited('to renew its epoch', () => driver.renewEpoch()),
    close: () => limited('to close', () => driver.close()),
    epoch: () => epoch,
    generation: () => generation,
    observe: (answeredEpoch, seq) => observe(answeredEpoch, seq, 0),
  }
}

/** The error of a call that had no answer in time. */
export function timedOut(what: string, timeoutMs: number): CruxError {
  const message = `The store was asked for ${what} and did not answer within ${timeoutMs} ms: try again later.`
  return new CruxError('store-unavailable', message, { details: { outcome: 'unknown' } })
}

/** The error of a call that failed: a `CruxError` of the driver as it is, anything else as `store-unavailable`. */
export function asUnavailable(what: string, error: unknown): CruxError {
  if (CruxError.is(error)) return error
  const message = `The store was asked for ${what} and failed: see the cause, and try again later.`
  return new CruxError('store-unavailable', message, { cause: error, details: { outcome: outcomeOf(error) } })
}

/** What an error of a driver says about its call: `none` only if it is marked so, on itself or in its details. */
export function outcomeOf(error: unknown): Outcome {
  if (typeof error !== 'object' || error === null) return 'unknown'
  if ('outcome' in error && error.outcome === 'none') return 'none'
  return CruxError.is(error) && error.details?.['outcome'] === 'none' ? 'none' : 'unknown'
}
