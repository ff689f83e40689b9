import type { ConnectionStatus } from '@crux/core/client'
import { useCruxConnection } from '@crux/react'
import { agoText } from './duration.ts'
import styles from './connection-badge.module.css'
import { useNow } from './use-now.ts'

const words: Record<ConnectionStatus, string> = {
  idle: 'Connecting',
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  ended: 'Ended',
  failed: 'Disconnected',
}

/** How the page stands with its server, and how old the picture is when it is not live. */
export function ConnectionBadge() {
  const { status, lastSyncedAt, retry } = useCruxConnection()
  const isStale = status === 'reconnecting' || status === 'failed'
  const now = useNow(isStale)
  return (
    <div className={styles.badge} data-status={status}>
      <span className={styles.dot} aria-hidden />
      <span>{words[status]}</span>
      {isStale && now !== undefined && lastSyncedAt !== undefined && (
        <span className={styles.age}>as of {agoText(now - lastSyncedAt)}</span>
      )}
      {(status === 'failed' || status === 'reconnecting') && (
        <button className={styles.retry} onClick={retry}>
          Retry
        </button>
      )}
    </div>
  )
}
