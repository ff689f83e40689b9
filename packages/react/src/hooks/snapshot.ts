import type { CruxClientView } from '@crux/core/client'
import type { HookOptions } from './hook-types.ts'
import type { Source } from './source.ts'

/** Snapshot of what is skipped or not known yet. A symbol, because a selection may itself be `undefined`. */
export const loading: unique symbol = Symbol()

/** What `useSyncExternalStore` compares: a selection, or `null` for what does not exist. */
export type Snapshot<S> = S | null | typeof loading

/** The selection that is on the screen, so that an equal one made by a new inline selector keeps its identity. */
export interface SelectionMemory<S> {
  readonly keep: (snapshot: Snapshot<S>) => void
  /** The kept selection if `isEqual` finds it the same as `next`, else `next`. */
  readonly prefer: (next: S, isEqual: (previous: S, next: S) => boolean) => S
}

/** Makes an empty memory. */
export function createSelectionMemory<S>(): SelectionMemory<S> {
  let kept: Snapshot<S> = null
  return {
    keep: (snapshot) => {
      kept = snapshot
    },
    prefer: (next, isEqual) => (kept !== null && kept !== loading && isEqual(kept, next) ? kept : next),
  }
}

interface SnapshotOptions<T, S> extends Pick<HookOptions<T, S>, 'select'> {
  readonly source: Source<T> | undefined
  readonly isEqual: (previous: S, next: S) => boolean
  readonly memory: SelectionMemory<S>
}

/** Reads the selection of a source; gives the same one until it changed by `isEqual`, as React demands. */
export function snapshotOf<T, S>(
  view: CruxClientView,
  { source, select, isEqual, memory }: SnapshotOptions<T, S>,
): () => Snapshot<S> {
  let last: { readonly value: T; readonly selection: S } | undefined
  return () => {
    const value = source?.read(view)
    if (value === undefined) return loading
    if (value === null) return null
    if (last?.value !== value) {
      // Without `select` a hook's type says that S is T.
      const next = select ? select(value) : (value as unknown as S)
      const selection = last && isEqual(last.selection, next) ? last.selection : memory.prefer(next, isEqual)
      last = { value, selection }
    }
    return last.selection
  }
}
