import type { StructuredState } from '@crux/core/structured'
import type { ToDoList } from '../../agent/drafts.ts'
import { Caret, newestPath } from './caret.tsx'
import { DraftSheet } from './draft-sheet.tsx'
import styles from './drafts.module.css'

interface ListDraftProps {
  readonly state: StructuredState<ToDoList> | undefined
  readonly onWriteAgain: (() => void) | undefined
}

/** A list as far as it has come: item by item, and in each of them field by field. */
export function ListDraft({ state, onWriteAgain }: ListDraftProps) {
  const { title, items = [] } = state?.data ?? {}
  const isOpen = state === undefined || state.status === 'streaming'
  const [field = 'title', index, part = 'what'] = newestPath(state?.data)
  return (
    <DraftSheet name="List" state={state} onWriteAgain={onWriteAgain}>
      {(isOpen || title !== undefined) && (
        <h2 className={styles.title}>
          {title}
          {isOpen && field === 'title' && <Caret />}
          {title === undefined && <span className={styles.blank} aria-hidden />}
        </h2>
      )}
      <ol className={styles.items}>
        {items.map((item, at) => {
          const caretAt = (name: string) => isOpen && index === String(at) && part === name && <Caret />
          return (
            <li key={at} className={styles.item}>
              <span className={styles.number} aria-hidden>
                {at + 1}
              </span>
              <p className={styles.what}>
                {item?.what}
                {caretAt('what')}
              </p>
              <p className={styles.facts}>
                {item?.who}
                {caretAt('who')}
                {item?.due !== undefined && ` · ${item.due}`}
                {caretAt('due')}
              </p>
              <p className={styles.why}>
                {item?.why}
                {caretAt('why')}
              </p>
            </li>
          )
        })}
        {isOpen &&
          blanks.slice(items.length).map((at) => (
            <li key={at} className={styles.item} aria-hidden>
              <p className={styles.what}>
                <span className={styles.blank} />
              </p>
              <p className={styles.why} />
            </li>
          ))}
      </ol>
    </DraftSheet>
  )
}

const blanks = [0, 1, 2]
