import type { Plan } from '@crux/core'
import { Markdown } from './markdown.tsx'
import styles from './plan-document.module.css'

/** The plan as a document that grows. */
export function PlanDocument({ plan }: { readonly plan: Plan }) {
  return (
    <article className={styles.sheet} aria-label="Plan">
      <p className={styles.kicker}>
        <span>Plan</span>
        <span key={plan.version} className={styles.version}>
          Version {plan.version}
        </span>
      </p>
      <h2 className={styles.title}>{plan.title}</h2>
      <div className={styles.content}>
        <Markdown text={plan.content} />
      </div>
    </article>
  )
}
