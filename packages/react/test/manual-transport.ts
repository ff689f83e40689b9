import type { CruxTransport, TransportSink } from '@crux/core/client'

/** A transport that says nothing by itself: each test decides what comes when. */
export interface ManualTransport extends CruxTransport {
  /** Where to deliver; throws while nobody is connected. */
  readonly sink: TransportSink
  readonly isConnected: boolean
  /** How often it was connected. */
  readonly connects: number
  /** How often it was asked to try again. */
  readonly retries: number
}

export function createManualTransport(kind = 'manual'): ManualTransport {
  let current: TransportSink | undefined
  let connects = 0
  let retries = 0
  return {
    kind,
    connect(sink) {
      connects += 1
      current = sink
      sink.status('connecting')
      return () => {
        current = undefined
      }
    },
    retry(sink) {
      retries += 1
      sink.status('connecting')
    },
    get sink() {
      if (!current) throw new Error('Nobody is connected.')
      return current
    },
    get isConnected() {
      return current !== undefined
    },
    get connects() {
      return connects
    },
    get retries() {
      return retries
    },
  }
}
