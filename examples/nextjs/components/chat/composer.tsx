import { type FormEvent, useId } from 'react'
import styles from './chat.module.css'

interface ComposerProps {
  readonly offered: string
  readonly isBusy: boolean
  readonly onSend: (text: string) => void
  readonly onStop: () => void
}

/** Takes a question; while an answer comes, the button stops it. */
export function Composer({ offered, isBusy, onSend, onStop }: ComposerProps) {
  const id = useId()

  function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    if (isBusy) return onStop()
    const text = new FormData(event.currentTarget).get('text')
    if (typeof text !== 'string' || text.trim() === '') return
    event.currentTarget.reset()
    onSend(text)
  }

  return (
    <form className={styles.composer} onSubmit={send}>
      <label className="visually-hidden" htmlFor={id}>
        Your question
      </label>
      <input
        key={offered}
        id={id}
        name="text"
        defaultValue={offered}
        placeholder="Ask something"
        onFocus={(event) => event.currentTarget.select()}
        maxLength={200}
        autoComplete="off"
        enterKeyHint="send"
      />
      <button data-busy={isBusy}>{isBusy ? 'Stop' : 'Send'}</button>
    </form>
  )
}
