'use client'

import type { TaskPlanTask, TaskStatus } from '@crux/core'
import { readTaskPlan } from '@crux/core/client'
import { Elapsed } from '../elapsed.tsx'
import { StatusIcon } from '../status-icon.tsx'
import rowStyles from '../task-row.module.css'
import { Chat } from './chat.tsx'
import styles from './chat.module.css'
import { ChatShell } from './chat-shell.tsx'
import { useHistory } from './use-history.ts'

const name = 'crux-drop-in'

/** A chat whose agent knows nothing of plans: the route made one of its tool calls, and the message holds it. */
export function LibraryChat() {
  const history = useHistory(name)
  return (
    <ChatShell>
      {history && (
        <Chat
          api="/api/drop-in"
          name={name}
          history={history}
          title="The same agent as before, in full view"
          lead="It has three ordinary tools: search, read, write. One line in the route turns their calls into this plan; the agent and its tools stay as they were."
          offered="How do night trains pay?"
          renderPlan={({ parts }, isOver) => (
            <CallList tasks={readTaskPlan(parts)?.tasks ?? []} isOver={isOver} />
          )}
        />
      )}
    </ChatShell>
  )
}

const statusOf: Record<TaskPlanTask['state'], TaskStatus> = {
  pending: 'pending',
  running: 'in_progress',
  blocked: 'pending',
  done: 'completed',
  failed: 'failed',
  skipped: 'skipped',
}

function CallList({ tasks, isOver }: { readonly tasks: readonly TaskPlanTask[]; readonly isOver: boolean }) {
  return (
    <section className={styles.sheet} aria-label="Plan">
      <ul>
        {tasks.map(({ id, label, detail, state, startedAt, endedAt }) => {
          // An answer that broke off says nothing more: what ran then does not run now.
          const isCut = isOver && endedAt === undefined
          const status = isCut ? 'cancelled' : statusOf[state]
          return (
            <li key={id} className={rowStyles.row} data-task={id} data-status={status}>
              <StatusIcon status={status} />
              <p className={rowStyles.label}>{label}</p>
              <p className={rowStyles.note}>{isCut ? 'The answer broke off.' : detail}</p>
              <span className={rowStyles.time}>{!isCut && <Elapsed from={startedAt} to={endedAt} />}</span>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
