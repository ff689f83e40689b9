import { type FormEvent, type ReactNode, useId } from 'react'
import styles from './topic-form.module.css'

interface TopicFormProps {
  /** Nothing has run yet: the form is all there is to see, and says what it is for. */
  readonly isIdle: boolean
  readonly question: string
  readonly lead: string
  /** What stands in the field at first. */
  readonly topic: string
  readonly button: ReactNode
  /** What can be chosen beside the topic. */
  readonly children?: ReactNode
  /** Why the last try came to nothing. */
  readonly problem: string | undefined
  readonly onSubmit: (form: FormData) => void
}

/** Takes a topic: the whole page before the first run, a line at its top from then on. */
export function TopicForm({
  isIdle,
  question,
  lead,
  topic,
  button,
  children,
  problem,
  onSubmit,
}: TopicFormProps) {
  const topicId = useId()

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    onSubmit(new FormData(event.currentTarget))
  }

  return (
    <section className={styles.section} data-idle={isIdle}>
      <h1 className={isIdle ? styles.title : 'visually-hidden'}>
        <label htmlFor={topicId}>{question}</label>
      </h1>
      <form className={styles.form} onSubmit={submit}>
        <div className={styles.field}>
          <input
            id={topicId}
            className={styles.topic}
            name="topic"
            placeholder={question}
            defaultValue={topic}
            onFocus={(event) => event.currentTarget.select()}
            required
            maxLength={200}
            autoComplete="off"
            enterKeyHint="go"
          />
          {button}
        </div>
        {children}
      </form>
      {problem !== undefined && (
        <p className={styles.error} role="alert">
          {problem}
        </p>
      )}
      {isIdle && <p className={styles.lead}>{lead}</p>}
    </section>
  )
}
