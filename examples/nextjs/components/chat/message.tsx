import type { UIMessage } from '@ai-sdk/react'
import { Fragment, type ReactNode } from 'react'
import { Markdown } from '../markdown.tsx'
import styles from './chat.module.css'

interface MessageProps {
  readonly message: UIMessage
  /** Stands where the first part of a plan is in the message. */
  readonly plan: ReactNode
}

export function Message({ message, plan }: MessageProps) {
  const { role, parts } = message
  const planIndex = parts.findIndex(({ type }) => type === 'data-crux' || type === 'data-agent-task-plan')
  return (
    <article className={styles.message} data-role={role} aria-label={role === 'user' ? 'You' : 'Agent'}>
      {parts.map((part, index) => (
        <Fragment key={index}>
          {part.type === 'text' && (
            <div className={styles.text}>
              {role === 'user' ? <p>{part.text}</p> : <Markdown text={part.text} />}
            </div>
          )}
          {index === planIndex && plan}
        </Fragment>
      ))}
    </article>
  )
}
