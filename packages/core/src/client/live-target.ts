import type { CruxDataPart } from '../wire/crux-data-part.ts'
import type { TransportSink } from './crux-transport.ts'

/** What a connection brought, to be applied in one go: a snapshot, what was missed, or a batch of changes (CLI-3). */
export interface Delivery {
  /** It is a snapshot: what it lacks is gone. */
  readonly reset?: boolean | undefined
  readonly changes: readonly CruxDataPart[]
  /** With it everything up to now was delivered. */
  readonly ready?: boolean | undefined
  /** Where to resume after it; without one where it was. */
  readonly cursor?: string | undefined
}

/** Where a connection delivers. It holds the cursor, which moves only with what was applied (CLI-1). */
export interface LiveTarget {
  /** Where to resume; `''` is from a snapshot. */
  readonly cursor: () => string
  /** An answer has begun. */
  readonly opened?: (() => void) | undefined
  readonly deliver: (delivery: Delivery) => void
  readonly status: TransportSink['status']
}

/** Delivers to a sink. */
export function createLiveTarget(sink: TransportSink): LiveTarget {
  let cursor = ''
  return {
    cursor: () => cursor,
    deliver(delivery) {
      if (delivery.reset) sink.reset()
      if (delivery.changes.length > 0) sink.apply(delivery.changes)
      cursor = delivery.cursor ?? cursor
      if (!delivery.ready) return
      sink.ready()
      sink.status('live')
    },
    status: sink.status,
  }
}
