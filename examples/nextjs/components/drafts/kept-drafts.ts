import type { Chunk } from '@crux/core/structured'
import { useMemo, useSyncExternalStore } from 'react'

/** What a browser keeps of its drafts: what they are about, and the chunks that bring them back. */
export interface KeptDrafts {
  readonly topic?: string
  readonly chunks: readonly Chunk[]
}

const name = 'crux-drafts'

/** The drafts that this browser has kept; `undefined` on the server and while hydrating. */
export function useKeptDrafts(): KeptDrafts | undefined {
  const isMounted = useSyncExternalStore(never, inBrowser, onServer)
  return useMemo(() => (isMounted ? read() : undefined), [isMounted])
}

/** Keeps the drafts for the next visit. */
export function keepDrafts(drafts: KeptDrafts): void {
  try {
    localStorage.setItem(name, JSON.stringify(drafts))
  } catch {
    // Full, or not allowed: the page works on, and a reload begins anew.
  }
}

const never = () => () => {}
const inBrowser = () => true
const onServer = () => false

function read(): KeptDrafts {
  try {
    const kept: KeptDrafts | null = JSON.parse(localStorage.getItem(name) ?? 'null')
    return kept && Array.isArray(kept.chunks) ? kept : { chunks: [] }
  } catch {
    return { chunks: [] }
  }
}
