import type { CruxTransport, TransportSink } from '@crux/core/client'

/** A transport that says nothing by itself: each test decides what comes when. */
export interface ManualTransport extends CruxTransport {
  /** Where to deliver. `undefined` while nobody is connected, and then a test that uses it fails. */
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
      // No throw of its own: React reads every property of a prop that changed, to show it in its performance tracks.
      return current as TransportSink
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
