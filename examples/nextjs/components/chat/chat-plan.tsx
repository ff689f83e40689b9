import { usePlan } from '@crux/react'
import { Interrupted, useShownList } from '../interrupted.ts'
import { Markdown } from '../markdown.tsx'
import documentStyles from '../plan-document.module.css'
import { RunProgress } from '../run-progress.tsx'
import { TaskTree } from '../task-tree.tsx'
import { useNewestList } from '../use-newest-list.ts'
import styles from './chat.module.css'

interface ChatPlanProps {
  readonly planId: string
  readonly isOver: boolean
}

/** A plan and its tasks, as far as the answer has brought them. */
export function ChatPlan({ planId, isOver }: ChatPlanProps) {
  return (
    <Interrupted value={isOver}>
      <Sheet planId={planId} isOver={isOver} />
    </Interrupted>
  )
}

function Sheet({ planId, isOver }: ChatPlanProps) {
  const plan = usePlan(planId)
  const list = useShownList(useNewestList(planId))
  if (!plan) return null
  const note = plan.discardReason ?? (isOver ? 'The answer broke off.' : 'Splitting the plan into tasks…')
  return (
    <section className={styles.sheet} aria-label="Plan">
      <h2>{plan.title}</h2>
      {list ? (
        <>
          <div>
            <RunProgress list={list} />
          </div>
          <TaskTree listId={list.id} />
        </>
      ) : (
        <p className={styles.note}>{note}</p>
      )}
      <details className={styles.more}>
        <summary>The plan, version {plan.version}</summary>
        <div className={documentStyles.content}>
          <Markdown text={plan.content} />
        </div>
      </details>
    </section>
  )
}
