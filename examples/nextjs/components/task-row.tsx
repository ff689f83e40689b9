import type { Task } from '@crux/core'
import { useTasks } from '@crux/react'
import { openApprovalsOf } from '../lib/task-approvals.ts'
import { Elapsed } from './elapsed.tsx'
import { useShownTask } from './interrupted.ts'
import { StatusIcon } from './status-icon.tsx'
import styles from './task-row.module.css'
import { WorkerName } from './worker-name.tsx'

interface TaskRowProps {
  readonly listId: string
  readonly taskId: string
}

/** A task that holds other tasks. */
export function StageRow({ listId, taskId }: TaskRowProps) {
  const task = useShownTask(listId, taskId)
  if (!task) return null
  return (
    <div className={styles.stage} data-status={task.status}>
      <StatusIcon status={task.status} isStill />
      <h3 className={styles.label}>{task.label}</h3>
      <span className={styles.time}>
        <Elapsed from={task.startedAt} to={task.endedAt} />
      </span>
    </div>
  )
}

/** A task: how it stands, what its worker says, who that is and how long it has taken. */
export function TaskRow({ listId, taskId }: TaskRowProps) {
  const task = useShownTask(listId, taskId)
  // A selection that is text: the row renders again only when the text is another one.
  const waitsFor = useTasks(listId, {
    select: (tasks) =>
      tasks
        .filter(({ id, status }) => task?.dependsOn?.includes(id) && status !== 'completed')
        .map(({ label }) => label)
        .join(', '),
  })
  if (!task) return null
  const { status, percent = 0, attempt, assignee } = task
  const isAsking = openApprovalsOf(task).length > 0
  return (
    <div
      className={styles.row}
      data-task={taskId}
      data-status={status}
      data-asking={isAsking}
      data-attempt={attempt}
    >
      <StatusIcon status={status} isAsking={isAsking} />
      <p className={styles.label}>
        {task.label}
        {attempt > 1 && <span className={styles.attempt}>try {attempt}</span>}
      </p>
      <p className={styles.note}>{isAsking ? 'Waiting for you' : noteOf(task, waitsFor ?? '')}</p>
      <span className={styles.worker}>
        {assignee?.agent !== undefined && <WorkerName name={assignee.agent} />}
      </span>
      <span className={styles.time}>
        <Elapsed from={task.startedAt} to={task.endedAt} />
      </span>
      {status === 'in_progress' && <Progress label={task.label} percent={Math.round(percent)} />}
    </div>
  )
}

function Progress({ label, percent }: { readonly label: string; readonly percent: number }) {
  return (
    <>
      <span className={styles.percent} aria-hidden>
        {percent} %
      </span>
      <span
        className={styles.bar}
        role="progressbar"
        aria-label={`Progress of ${label}`}
        aria-valuenow={percent}
      >
        <span style={{ inlineSize: `${percent}%` }} />
      </span>
    </>
  )
}

function noteOf(task: Task, waitsFor: string): string | undefined {
  switch (task.status) {
    case 'pending':
      if (task.attempt > 1) return 'Trying again'
      return waitsFor === '' ? 'Waits for a free worker' : `After: ${waitsFor}`
    case 'in_progress':
      return task.progress ?? 'Getting ready'
    case 'completed':
      return summaryOf(task.result)
    case 'failed':
      return task.error
    case 'skipped':
    case 'cancelled':
      return task.reason
    default:
      return task.status satisfies never
  }
}

function summaryOf(result: Task['result']): string | undefined {
  const summary =
    typeof result === 'object' && result !== null && 'summary' in result ? result.summary : result
  return typeof summary === 'string' ? summary : undefined
}
