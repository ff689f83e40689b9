import { type FormEvent, useId } from 'react'
import formStyles from '../start-form.module.css'
import styles from './drafts.module.css'

interface DraftFormProps {
  /** Nothing has been written yet: the form is all there is to see. */
  readonly isIdle: boolean
  readonly isWriting: boolean
  /** The model can be told to fail. */
  readonly canBreak: boolean
  readonly topic: string
  readonly problem: string | undefined
  readonly onWrite: (topic: string, breaks: boolean) => void
  readonly onStop: () => void
}

/** Takes what the drafts are about; while they are written, the button stops the model. */
export function DraftForm({ isIdle, isWriting, canBreak, topic, problem, onWrite, onStop }: DraftFormProps) {
  const topicId = useId()

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    if (isWriting) return onStop()
    const form = new FormData(event.currentTarget)
    const given = form.get('topic')
    if (typeof given === 'string') onWrite(given, form.has('breaks'))
  }

  return (
    <section className={formStyles.section} data-idle={isIdle}>
      <h1 className={isIdle ? formStyles.title : 'visually-hidden'}>
        <label htmlFor={topicId}>What are you planning?</label>
      </h1>
      <form className={styles.form} onSubmit={submit}>
        <div className={formStyles.form}>
          <input
            id={topicId}
            className={formStyles.topic}
            name="topic"
            placeholder="What are you planning?"
            defaultValue={topic}
            onFocus={(event) => event.currentTarget.select()}
            required
            maxLength={200}
            autoComplete="off"
            enterKeyHint="go"
          />
          {/* Without a topic too, it can be stopped. */}
          <button className={formStyles.start} data-busy={isWriting} formNoValidate={isWriting}>
            {isWriting ? 'Stop' : 'Write'}
          </button>
        </div>
        {canBreak && (
          <label className={styles.option}>
            <input type="checkbox" name="breaks" /> Let the model break off in the middle of the list
          </label>
        )}
      </form>
      {problem !== undefined && (
        <p className={formStyles.error} role="alert">
          {problem}
        </p>
      )}
      {isIdle && (
        <p className={formStyles.lead}>
          The model writes an email and a list at the same time, and you see each field as it comes. Stop it,
          let it fail, reload the page: what was written stays.
        </p>
      )}
    </section>
  )
}
