import { type FormEvent, useId, useState } from 'react'
import styles from './start-form.module.css'

const offeredTopic = 'The return of night trains'

interface StartFormProps {
  /** Nothing has run yet: the form is all there is to see. */
  readonly isIdle: boolean
  readonly onStart: () => void
}

/** Takes a topic and sets the agent to work on it. */
export function StartForm({ isIdle, onStart }: StartFormProps) {
  const [isStarting, setIsStarting] = useState(false)
  const [error, setError] = useState<string>()
  const topicId = useId()

  async function start(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    if (isStarting) return
    const topic = new FormData(event.currentTarget).get('topic')
    setIsStarting(true)
    setError(await post('/api/runs', { topic }))
    setIsStarting(false)
    onStart()
  }

  return (
    <section className={styles.section} data-idle={isIdle}>
      <h1 className={isIdle ? styles.title : 'visually-hidden'}>
        <label htmlFor={topicId}>What should the agent look into?</label>
      </h1>
      <form className={styles.form} onSubmit={start}>
        <input
          id={topicId}
          className={styles.topic}
          name="topic"
          placeholder="What should the agent look into?"
          defaultValue={offeredTopic}
          onFocus={(event) => event.currentTarget.select()}
          required
          maxLength={200}
          autoComplete="off"
          enterKeyHint="go"
        />
        {/* Not disabled while it starts, or the keyboard focus would be lost. */}
        <button className={styles.start} aria-disabled={isStarting}>
          {isStarting ? 'Starting…' : 'Start'}
        </button>
      </form>
      {error !== undefined && (
        <p className={styles.error} role="alert">
          {error}
        </p>
      )}
      {isIdle && (
        <p className={styles.lead}>
          It writes a plan, splits it into tasks and puts three workers on them. Watch it here. Then reload
          the page, open a second tab, pull the plug: the picture stays right.
        </p>
      )}
    </section>
  )
}

/** What went wrong, in words for people, or `undefined`. */
async function post(url: string, body: unknown): Promise<string | undefined> {
  try {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    if (response.ok) return undefined
    const answer: { error?: string } = await response.json()
    return answer.error ?? 'The server refused.'
  } catch {
    return 'The server cannot be reached. Try again in a moment.'
  }
}
