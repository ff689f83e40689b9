import { TopicForm } from '../topic-form.tsx'
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
  function submit(form: FormData) {
    if (isWriting) return onStop()
    const given = form.get('topic')
    if (typeof given === 'string') onWrite(given, form.has('breaks'))
  }

  return (
    <TopicForm
      isIdle={isIdle}
      question="What are you planning?"
      lead="The model writes an email and a list at the same time, and you see each field as it comes. Stop it, let it fail, reload the page: what was written stays."
      topic={topic}
      button={
        // Without a topic too, it can be stopped.
        <button data-busy={isWriting} formNoValidate={isWriting}>
          {isWriting ? 'Stop' : 'Write'}
        </button>
      }
      problem={problem}
      onSubmit={submit}
    >
      {canBreak && (
        <label className={styles.option}>
          <input type="checkbox" name="breaks" /> Let the model break off in the middle of the list
        </label>
      )}
    </TopicForm>
  )
}
