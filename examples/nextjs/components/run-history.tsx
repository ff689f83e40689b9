import type { Plan } from '@crux/core'
import { useTaskListProgress } from '@crux/react'
import styles from './run-history.module.css'
import { useNewestList } from './use-newest-list.ts'

interface RunHistoryProps {
  /** Newest first. */
  readonly plans: readonly Plan[]
  readonly currentId: string
  readonly onChoose: (planId: string) => void
}

/** All runs of the session, to go back and forth between. */
export function RunHistory({ plans, currentId, onChoose }: RunHistoryProps) {
  return (
    <nav className={styles.history} aria-label="Runs">
      <ul>
        {plans.map((plan) => (
          <li key={plan.id}>
            <button aria-current={plan.id === currentId} onClick={() => onChoose(plan.id)}>
              <span className={styles.title}>{plan.title}</span>
              <RunState plan={plan} />
            </button>
          </li>
        ))}
      </ul>
    </nav>
  )
}

function RunState({ plan }: { readonly plan: Plan }) {
  const list = useNewestList(plan.id)
  const progress = useTaskListProgress(list?.id)
  return <span className={styles.state}>{stateOf()}</span>

  function stateOf(): string {
    if (!list) return plan.discardedAt === undefined ? 'planning' : 'stopped'
    switch (list.status) {
      case 'completed':
        return 'done'
      case 'failed':
        return 'failed'
      case 'cancelled':
      case 'discarded':
        return 'stopped'
      case 'pending':
      case 'in_progress':
        return `${Math.round(progress?.percent ?? 0)} %`
      default:
        return list.status satisfies never
    }
  }
}
