// For programs whose own `lib` does not have `AsyncDisposable` yet.
/// <reference lib="esnext.disposable" preserve="true" />
import type { ChangeEvent, EntityName, EntityRef, EntityValues } from '../entities/entity.ts'

/** One entity as the store holds it. `seq` is the position of its last change. */
export type CruxRecord<E extends EntityName = EntityName> = {
  readonly [Name in E]: {
    readonly entity: Name
    readonly key: string
    readonly value: EntityValues[Name]
    readonly event: ChangeEvent
    readonly revision: number
    readonly seq: number
  }
}[E]

/** One write of a commit. `ifRevision` is the revision that was read; 0 means: must not exist yet (D4). */
export type Write<E extends EntityName = EntityName> = {
  readonly [Name in E]: {
    readonly entity: Name
    readonly key: string
    readonly value: EntityValues[Name]
    readonly event: ChangeEvent
    readonly ifRevision: number
  }
}[E]

/** What a commit wrote, in the order given, and the position it ended at (STO-1). */
export interface Commit {
  readonly records: readonly CruxRecord[]
  readonly cursor: string
}

/**
 * One step of a feed. `reset`: a snapshot begins, what it lacks is gone. `ready`: everything up to here was delivered.
 * `cursor`: a feed may start again from here; snapshot batches before the last carry none, and whoever has applied the
 * `reset` has none until then: an older one would bring only what changed since, not the rest of the snapshot (STO-6).
 */
export interface ChangeBatch {
  readonly changes: readonly CruxRecord[]
  readonly cursor?: string
  readonly reset?: true
  readonly ready?: true
}

/** Which records `list` gives. `prefix` is relative without `:`, absolute with it; `limit` is 1 to 500 (STO-0). */
export interface ListQuery {
  readonly entity?: EntityName
  readonly prefix?: string
  /** `next` of the page before. */
  readonly after?: string
  readonly limit?: number
}

/** One page of `list`, in key order. `next` is missing on the last page. */
export interface ListPage {
  readonly records: readonly CruxRecord[]
  readonly next?: string
}

/**
 * Where plans and tasks live. Every method rejects with `CruxError`: `out-of-scope` for a key outside the view,
 * `store-unavailable` when the backend does not answer within `timeoutMs`, `closed` after `close()`.
 */
export interface CruxStore extends AsyncDisposable {
  /** The scope of this view, such as `session:42:`; `''` is the whole store. */
  readonly scopePrefix: string
  readonly get: <E extends EntityName>(ref: EntityRef<E>) => Promise<CruxRecord<E> | undefined>
  /** All as of one position, in the order asked. */
  readonly getMany: <E extends EntityName>(
    refs: readonly EntityRef<E>[],
  ) => Promise<(CruxRecord<E> | undefined)[]>
  readonly list: (query?: ListQuery) => Promise<ListPage>
  /** All or nothing, durable when it resolves; a stale `ifRevision` is `conflict` (STO-1). */
  readonly commit: (writes: readonly Write[]) => Promise<Commit>
  /**
   * A feed: catch-up from the cursor `after`, or a snapshot without it; `ready`; then live, until aborted or closed
   * (STO-3, STO-6). Each iteration is a feed of its own. A read that fails before `ready` throws `store-unavailable`;
   * later the feed waits and tries again.
   */
  readonly changes: (options: {
    readonly after?: string
    readonly signal: AbortSignal
  }) => AsyncIterable<ChangeBatch>
  /**
   * Hears every later commit of this view's scope, before the commit resolves; gives its undo. `reset` means that what
   * was heard so far is void (STO-12). What a listener throws is written to the console (STO-8).
   */
  readonly subscribe: (listener: (batch: ChangeBatch) => void) => () => void
  /** The cursor of a position, for this view's scope. Throws `store-unavailable` before the backend's first answer. */
  readonly cursorAt: (seq: number) => string
  /** A view that sees and writes only inside `scopePrefix + prefix` (D6). Views share one connection and one queue. */
  readonly scope: (prefix: string) => CruxStore
  /** Forgets what ended before `before` (ms since the epoch); gives how many records it forgot (STO-11). */
  readonly purge: (options: { readonly before: number; readonly prefix?: string }) => Promise<number>
  /**
   * Finishes the commits under way, ends feeds and listeners, lets go of the backend. Of a view: ends only the feeds
   * and listeners of that view object. Its later calls are `closed`. `await using` calls it at the end of the block.
   */
  readonly close: () => Promise<void>
}

/** A store that owns data which may be restored from a backup (STO-12). */
export interface DurableCruxStore extends CruxStore {
  /** Makes every cursor and every held revision start over. Call it after restoring a backup. */
  readonly renewEpoch: () => Promise<void>
}

/** Limits that every store factory takes. */
export interface StoreOptions {
  /** Largest record, in bytes of UTF-8 JSON. Default 262,144. */
  readonly maxRecordBytes?: number
  /**
   * A store call that takes longer is `store-unavailable`, in milliseconds; a commit without an answer is sent again
   * at half of it. Default 5,000.
   */
  readonly timeoutMs?: number
  /**
   * How often the backend is asked for changes while somebody listens and no hint comes, in milliseconds. `Infinity`
   * for a backend to which no other process writes. Default 1,000.
   */
  readonly pollIntervalMs?: number
  /** How long a lost race is tried again before it is `conflict`, in milliseconds. Default 10,000. */
  readonly contentionMs?: number
}
