import type { Plan } from '@crux/core'
import { useId } from 'react'
import { RunProgress } from './run-progress.tsx'
import { StopButton } from './stop-button.tsx'
import styles from './task-board.module.css'
import { TaskTree } from './task-tree.tsx'
import { useNewestList } from './use-newest-list.ts'

/** How far the run is, and its tasks. */
export function TaskBoard({ plan }: { readonly plan: Plan }) {
  const titleId = useId()
  const list = useNewestList(plan.id)
  const endReason = list ? list.discardReason : plan.discardReason
  const isOver = endReason !== undefined || list?.completedAt !== undefined
  return (
    <section className={styles.board} aria-labelledby={titleId}>
      <h2 className="visually-hidden" id={titleId}>
        Work
      </h2>
      <div className={styles.head}>
        {list && <RunProgress list={list} />}
        {!list && (
          <p className={styles.planning} data-over={isOver}>
            {endReason ?? 'Splitting the plan into tasks…'}
          </p>
        )}
        {!isOver && <StopButton planId={plan.id} />}
      </div>
      {list && <TaskTree listId={list.id} />}
      {!list && !isOver && <div className={styles.skeleton} aria-hidden />}
    </section>
  )
}
