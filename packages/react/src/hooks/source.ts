import type { CruxClientView } from '@crux/core/client'

/** One thing that a hook reads from the client. Made once per id, so that hooks can depend on its identity. */
export interface Source<T> {
  /** Names it in messages; what has the same name is known at the same time. */
  readonly name: string
  /** The same value until it changed; `undefined` while it is not known, `null` if it does not exist (RCT-1). */
  readonly read: (view: CruxClientView) => T | null | undefined
}

/** What it means that an entity is not there: it does not exist, or there was no word of it yet. */
export function absent(view: CruxClientView): null | undefined {
  return isComplete(view) ? null : undefined
}

/** True when what a view lacks does not exist. */
export function isComplete(view: CruxClientView): boolean {
  const { isReady, status } = view.getConnection()
  // Ended before ready: the server will send no more, and a page must not wait for ever.
  return isReady || status === 'ended'
}
