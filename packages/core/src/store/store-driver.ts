import type { ChangeEvent, EntityName, EntityRef } from '../entities/entity.ts'

/** A record as a driver keeps it: the value is JSON text, encoded once in core (STO-20). */
export interface StoredRecord {
  readonly entity: EntityName
  readonly key: string
  readonly value: string
  readonly event: ChangeEvent
  /** Goes up by one with each write of the key and never restarts (STO-2). */
  readonly revision: number
  /** Position of the last change of this key. */
  readonly seq: number
  /** Position of the last record of the commit that wrote it (STO-3). */
  readonly end: number
  /** Id of the commit that wrote it (STO-5). */
  readonly commitId: string
}

/** One write as a driver gets it. `ifRevision` 0 means: must not exist yet. */
export interface StoredWrite {
  readonly entity: EntityName
  readonly key: string
  readonly value: string
  readonly event: ChangeEvent
  readonly ifRevision: number
}

/** A key together with the revision at which it may be forgotten. */
export interface RevisionRef extends EntityRef {
  readonly revision: number
}

/** One caller's commit inside a group commit. */
export interface CommitGroup {
  /** Random; `commit` is idempotent by it (STO-5). */
  readonly id: string
  readonly writes: readonly StoredWrite[]
}

/**
 * How one group of a group commit went. `first` is the position of its first write, the others follow;
 * `floor` is the highest revision the store ever forgot, so a new key starts at `floor + 1` (STO-2).
 */
export type GroupResult =
  | { readonly first: number; readonly floor: number }
  | { readonly conflict: RevisionRef }
  | { readonly full: true }

/** Where a store stands: its epoch, the highest position given out, the highest position ever purged. */
export interface StoreHead {
  readonly epoch: string
  readonly seq: number
  readonly purged: number
}

/** One page of what changed after a position. */
export interface ChangePage {
  readonly epoch: string
  readonly records: readonly StoredRecord[]
  readonly upTo: number
  readonly purged: number
}

/** One page of a scan; `next` is missing on the last one. */
export interface ScanPage {
  readonly records: readonly StoredRecord[]
  readonly next?: string
}

/**
 * What a backend implements; everything else is written once in `createCruxStore` (D11). Keys are absolute; prefixes
 * compare in byte order. A call that surely did nothing rejects with an error that has `outcome: 'none'` (STO-5).
 */
export interface StoreDriver {
  readonly head: () => Promise<StoreHead>
  /** All as of one position, in the order asked. */
  readonly read: (refs: readonly EntityRef[]) => Promise<readonly (StoredRecord | undefined)[]>
  /** In byte order of (key, entity), each key exactly once even while writes go on; `next` is opaque (STO-7). */
  readonly scan: (query: {
    readonly prefix: string
    readonly entity?: EntityName
    readonly after?: string
    readonly limit: number
  }) => Promise<ScanPage>
  /**
   * Records with `seq` above `after`, by `seq`, whole commits only, all of one snapshot. A page of `limit` records is
   * extended to the end of its last commit. `upTo` is the position up to which nothing is missing: the end of a full
   * page, else the head (also when `after` lies beyond it). `purged` is as of the same snapshot.
   */
  readonly since: (query: {
    readonly prefix: string
    readonly after: number
    readonly limit: number
  }) => Promise<ChangePage>
  /** Several commits in one transaction, in order, each whole or not at all, judged after those before it (STO-20). */
  readonly commit: (
    groups: readonly CommitGroup[],
  ) => Promise<{ readonly epoch: string; readonly results: readonly GroupResult[] }>
  /**
   * All or nothing: with one revision that is no longer so, it forgets nothing and gives 0. Moves floor and purged in
   * the same transaction. Gives how many it forgot.
   */
  readonly forget: (refs: readonly RevisionRef[]) => Promise<number>
  readonly renewEpoch: () => Promise<void>
  /** Calls `wake` when there may be something to read; only a hint (STO-5). Gives its undo. */
  readonly onHint?: (wake: () => void) => () => void
  readonly close: () => Promise<void>
}
