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
  /** In progress, but a person has to say something first. */
  readonly isAsking?: boolean
  /** For what only stands for the work of others, so that not everything on the screen moves. */
  readonly isStill?: boolean
}

/** A task's status as a drawing; a screen reader gets the words. */
export function StatusIcon({ status, isAsking = false, isStill = false }: StatusIconProps) {
  return (
    <span className={styles.icon} data-status={status} data-asking={isAsking} data-still={isStill}>
      <svg viewBox="0 0 20 20" aria-hidden>
        <circle className={styles.ring} cx="10" cy="10" r="8" />
        {status === 'in_progress' && !isAsking && <path className={styles.arc} d="M10 2a8 8 0 0 1 8 8" />}
        {isAsking && <path className={styles.pause} d="M8 7.2v5.6M12 7.2v5.6" />}
        {status === 'completed' && <path className={styles.mark} d="m6.2 10.3 2.6 2.6 5-5.4" />}
        {status === 'failed' && <path className={styles.mark} d="M10 5.8v5M10 13.9v.1" />}
        {(status === 'cancelled' || status === 'skipped') && <path className={styles.mark} d="M6.5 10h7" />}
      </svg>
      <span className="visually-hidden">{isAsking ? 'waiting for you' : statusWords[status]}:</span>
    </span>
  )
}
