import type { TaskStatus } from '@crux/core'
import styles from './status-icon.module.css'

/** A task's status in words. */
export const statusWords: Record<TaskStatus, string> = {
  pending: 'waiting',
  in_progress: 'in progress',
  completed: 'done',
  failed: 'failed',
  skipped: 'skipped',
  cancelled: 'cancelled',
}

interface StatusIconProps {
  readonly status: TaskStatus
  /** For what only stands for the work of others, so that not everything on the screen moves. */
  readonly isStill?: boolean
}

/** A task's status as a drawing; a screen reader gets the words. */
export function StatusIcon({ status, isStill = false }: StatusIconProps) {
  return (
    <span className={styles.icon} data-status={status} data-still={isStill}>
      <svg viewBox="0 0 20 20" aria-hidden>
        <circle className={styles.ring} cx="10" cy="10" r="8" />
        {status === 'in_progress' && <path className={styles.arc} d="M10 2a8 8 0 0 1 8 8" />}
        {status === 'completed' && <path className={styles.mark} d="m6.2 10.3 2.6 2.6 5-5.4" />}
        {status === 'failed' && <path className={styles.mark} d="M10 5.8v5M10 13.9v.1" />}
        {(status === 'cancelled' || status === 'skipped') && <path className={styles.mark} d="M6.5 10h7" />}
      </svg>
      <span className="visually-hidden">{statusWords[status]}:</span>
    </span>
  )
}
