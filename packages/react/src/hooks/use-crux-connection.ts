import type { ConnectionStatus } from '@crux/core/client'
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import { useCruxClient } from '../provider/crux-context.ts'

/** How the client stands with its server. */
export interface CruxConnection {
  readonly status: ConnectionStatus
  /** Why it is `reconnecting` or `failed`; `undefined` otherwise. */
  readonly error: unknown
  /** When the client last knew that it was in step, in ms since the epoch; `undefined` before the first `ready`. */
  readonly lastSyncedAt: number | undefined
  /** Tries again at once: for a button beside `failed` or `reconnecting`. Never changes identity for one client. */
  readonly retry: () => void
}

/** The connection of the nearest provider. The same object while nothing in it changes. */
export function useCruxConnection(): CruxConnection {
  const client = useCruxClient()
  const subscribe = useCallback((listener: () => void) => client.subscribe('connection', listener), [client])
  const { status, error, lastSyncedAt } = useSyncExternalStore(
    subscribe,
    client.getConnection,
    client.initial.getConnection,
  )
  const { retry } = client
  return useMemo(() => ({ status, error, lastSyncedAt, retry }), [status, error, lastSyncedAt, retry])
}
