import type { TaskList } from '@crux/core'
import { useTaskListProgress, useTasks } from '@crux/react'
import { clockText } from './duration.ts'
import { Elapsed } from './elapsed.tsx'
import styles from './run-progress.module.css'

/** Overall progress: figures for the whole, and a segment for each piece of work. */
export function RunProgress({ list }: { readonly list: TaskList }) {
  const progress = useTaskListProgress(list.id)
  const stages = useTasks(list.id, { tree: true }) ?? []
  if (!progress) return null
  const { completed, total, percent, etaMs } = progress
  const rounded = Math.round(percent)
  return (
    <>
      <p className={styles.figures}>
        <strong className={styles.percent}>{rounded} %</strong>
        <span>
          <Elapsed from={list.startedAt} to={list.completedAt ?? list.discardedAt} />
        </span>
        {list.status === 'in_progress' && etaMs !== undefined && <span>about {clockText(etaMs)} left</span>}
        {list.discardReason !== undefined && <span className={styles.end}>{list.discardReason}</span>}
      </p>
      <div
        className={styles.segments}
        role="progressbar"
        aria-label="Overall progress"
        aria-valuenow={rounded}
        aria-valuetext={`${completed} of ${total} tasks`}
      >
        {stages.map(({ task: stage, children }) => (
          <span key={stage.id} className={styles.stage} style={{ flexGrow: children.length || 1 }}>
            {(children.length > 0 ? children.map(({ task }) => task) : [stage]).map((task) => (
              <span key={task.id} className={styles.segment} data-status={task.status}>
                <span
                  style={{ inlineSize: task.status === 'in_progress' ? `${task.percent ?? 0}%` : undefined }}
                />
              </span>
            ))}
          </span>
        ))}
      </div>
    </>
  )
}
