import type { ChangeBatch } from './crux-store.ts'
import { parseCursor } from './cursor.ts'
import type { LiveBatch } from './scope-listeners.ts'
import type { StoreHead } from './store-driver.ts'

/** Further behind than this, a feed of a part of the store scans it instead of reading on (STO-10). */
export const maxReadOnPositions = 1_000

/**
 * How a feed starts. `snapshot`: from nothing. `resume`: reads what lies above `seq`, by position. `scan`: scans the
 * scope for what lies above `seq`.
 */
export type FeedStart =
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'resume' | 'scan'; readonly seq: number }

/**
 * Which start a cursor allows (STO-6, STO-10, STO-11): none, one that cannot be read, one of another epoch or scope,
 * one beyond the head and one below what a purge forgot all mean a snapshot. `epoch` is that of the view's cursors.
 */
export function feedStart(
  after: string | undefined,
  epoch: string,
  { seq: head, purged }: Pick<StoreHead, 'seq' | 'purged'>,
  isWholeStore: boolean,
): FeedStart {
  const cursor = after === undefined ? undefined : parseCursor(after)
  if (cursor === undefined || cursor.epoch !== epoch || cursor.seq > head || cursor.seq < purged) {
    return { kind: 'snapshot' }
  }
  const isFar = head - cursor.seq > maxReadOnPositions
  return { kind: isFar && !isWholeStore ? 'scan' : 'resume', seq: cursor.seq }
}

/**
 * What of a live batch is new to a feed that is at `position`, and where the feed is then. The feed's own reads and the
 * live batches overlap; a batch ends where a commit ends, so what is left of it is whole commits (STO-3).
 */
export function mergeLive(
  position: number,
  { from, upTo, batch }: LiveBatch,
): { readonly position: number; readonly batch: ChangeBatch | undefined } {
  if (upTo <= position) return { position, batch: undefined }
  if (from >= position) return { position: upTo, batch }
  const changes = batch.changes.filter((record) => record.seq > position)
  return { position: upTo, batch: changes.length === 0 ? undefined : { ...batch, changes } }
}
