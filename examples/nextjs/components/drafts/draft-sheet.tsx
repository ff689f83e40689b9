import type { StructuredState } from '@crux/core/structured'
import type { MouseEvent, ReactNode } from 'react'
import styles from './drafts.module.css'

interface DraftSheetProps {
  readonly name: string
  readonly state: StructuredState | undefined
  /** Absent while the model writes anything. */
  readonly onWriteAgain: (() => void) | undefined
  readonly children: ReactNode
}

/** A draft on its sheet: how it stands above it, and below it why it is not whole, if it is not. */
export function DraftSheet({ name, state, onWriteAgain, children }: DraftSheetProps) {
  const status = state?.status ?? 'waiting'
  const end = state?.status === 'error' ? endOf(state.error.code) : undefined

  function writeAgain(event: MouseEvent<HTMLButtonElement>) {
    // The button goes away: without this the keyboard would be sent to the top of the page.
    event.currentTarget.closest('section')?.focus()
    onWriteAgain?.()
  }

  return (
    <section
      className={styles.sheet}
      aria-label={name}
      aria-busy={status === 'waiting' || status === 'streaming'}
      tabIndex={-1}
      data-draft={name.toLowerCase()}
      data-status={status}
      data-end={end}
    >
      <p className={styles.kicker}>
        <span>{name}</span>
        <span className={styles.status}>{end === undefined ? words[status] : ends[end].word}</span>
      </p>
      {children}
      {end !== undefined && (
        <p className={styles.end}>
          <span>
            {ends[end].reason}{' '}
            {state?.data === undefined ? 'Nothing had come yet.' : 'What was written is kept.'}
          </span>
          {onWriteAgain && <button onClick={writeAgain}>Write it again</button>}
        </p>
      )}
    </section>
  )
}

const words = { waiting: 'Thinking…', streaming: 'Writing…', done: 'Done', error: 'Broke off' }

/** How the writing of a draft may end before the draft is whole. */
export const ends = {
  stopped: { word: 'Stopped', reason: 'You stopped it.' },
  left: { word: 'Stopped', reason: 'You left the page.' },
  lost: { word: 'Broke off', reason: 'The connection was lost.' },
  broken: { word: 'Broke off', reason: 'The model broke off.' },
}

/** The end that an error's code stands for. Any but the page's own is the model's. */
export function endOf(code: string): keyof typeof ends {
  return code === 'stopped' || code === 'left' || code === 'lost' ? code : 'broken'
}
