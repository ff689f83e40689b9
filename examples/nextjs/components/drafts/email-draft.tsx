import type { StructuredState } from '@crux/core/structured'
import type { ReactNode } from 'react'
import type { Email } from '../../agent/drafts.ts'
import { Caret, newestPath } from './caret.tsx'
import { DraftSheet } from './draft-sheet.tsx'
import styles from './drafts.module.css'

interface EmailDraftProps {
  readonly state: StructuredState<Email> | undefined
  readonly onWriteAgain: (() => void) | undefined
}

/** An email as far as it has come. */
export function EmailDraft({ state, onWriteAgain }: EmailDraftProps) {
  const { to = [], subject, tone, paragraphs = [] } = state?.data ?? {}
  const isOpen = state === undefined || state.status === 'streaming'
  const [field = 'to', index] = newestPath(state?.data)
  const caretAt = (name: string) => isOpen && field === name && <Caret />
  return (
    <DraftSheet name="Email" state={state} onWriteAgain={onWriteAgain}>
      <dl className={styles.fields}>
        <Field name="To" isOpen={isOpen} caret={caretAt('to')}>
          {to.length > 0 && (
            <ul className={styles.recipients}>
              {to.map((recipient, at) => (
                <li key={at} title={recipient?.address}>
                  {recipient?.name}
                </li>
              ))}
            </ul>
          )}
        </Field>
        <Field name="Subject" isOpen={isOpen} caret={caretAt('subject')}>
          {subject !== undefined && <span className={styles.subject}>{subject}</span>}
        </Field>
        <Field name="Tone" isOpen={isOpen} caret={caretAt('tone')}>
          {tone}
        </Field>
      </dl>
      <div className={styles.body}>
        {isOpen &&
          paragraphs.length === 0 &&
          blanks.map((at) => <span key={at} className={styles.blank} aria-hidden />)}
        {paragraphs.map((paragraph, at) => (
          <p key={at}>
            {paragraph}
            {field === 'paragraphs' && index === String(at) && caretAt('paragraphs')}
          </p>
        ))}
      </div>
    </DraftSheet>
  )
}

const blanks = [0, 1, 2]

interface FieldProps {
  readonly name: string
  /** Something may still come. */
  readonly isOpen: boolean
  readonly caret: ReactNode
  /** Nothing, if nothing has come. */
  readonly children: ReactNode
}

function Field({ name, isOpen, caret, children }: FieldProps) {
  return (
    <div className={styles.field}>
      <dt>{name}</dt>
      <dd>
        {children}
        {caret}
        {!children && (isOpen ? <span className={styles.blank} aria-hidden /> : <Missing />)}
      </dd>
    </div>
  )
}

function Missing() {
  return (
    <>
      <span aria-hidden>–</span>
      <span className="visually-hidden">not written</span>
    </>
  )
}
