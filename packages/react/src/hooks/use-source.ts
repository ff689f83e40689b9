import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { useCruxClient } from '../provider/crux-context.ts'
import type { HookOptions } from './hook-types.ts'
import { createSelectionMemory, loading, snapshotOf } from './snapshot.ts'
import type { Source } from './source.ts'
import { whyNotOnServer, whyNotYet } from './suspense.ts'

/**
 * What every hook is made of: follows a source and renders when its selection changed (RCT-1 to RCT-4). Nothing is
 * mutated in render (RCT-5): what is remembered lives in the client, and in a memory that only an effect writes.
 */
export function useSource<T, S>(
  source: Source<T> | undefined,
  { suspense = false, select, isEqual = Object.is }: HookOptions<T, S> = {},
): S | null | undefined {
  const client = useCruxClient()
  const [memory] = useState(createSelectionMemory<S>)

  const subscribe = useCallback(
    (listener: () => void) => client.subscribe(source?.read ?? readNothing, listener),
    [client, source],
  )
  const [getSnapshot, getServerSnapshot] = useMemo(() => {
    const options = { source, select, isEqual, memory }
    const initial = snapshotOf(client.initial, options)
    const getServerSnapshot = () => {
      const snapshot = initial()
      if (suspense && source && snapshot === loading) throw whyNotOnServer(source)
      return snapshot
    }
    return [snapshotOf(client, options), getServerSnapshot] as const
  }, [client, source, select, isEqual, memory, suspense])

  const snapshot = useSyncExternalStore(subscribe, getSnapshot, getServerSnapshot)
  useEffect(() => memory.keep(snapshot), [memory, snapshot])

  if (snapshot !== loading) return snapshot
  if (suspense && source) throw whyNotYet(client, source)
  return undefined
}

const readNothing = () => undefined
