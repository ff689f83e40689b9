import type { DraftKind } from '../../agent/drafts.ts'
import { SiteNav } from '../site-nav.tsx'
import shell from '../workspace.module.css'
import { DraftAnnouncer } from './draft-announcer.tsx'
import { DraftForm } from './draft-form.tsx'
import styles from './drafts.module.css'
import { EmailDraft } from './email-draft.tsx'
import type { KeptDrafts } from './kept-drafts.ts'
import { ListDraft } from './list-draft.tsx'
import { useDrafts } from './use-drafts.ts'

interface DraftDeskProps {
  readonly kept: KeptDrafts
  readonly isScripted: boolean
}

/** The whole screen: what to write about, and the two drafts. */
export function DraftDesk({ kept, isScripted }: DraftDeskProps) {
  const { email, list, writing, topic = offeredTopic, problem, write, stop } = useDrafts(kept)
  const isWriting = writing.length > 0
  const isIdle = !isWriting && !email && !list
  const again = (kind: DraftKind) =>
    isWriting ? undefined : () => void write({ topic, kinds: [kind], breaks: false })
  return (
    <>
      <header className={`${shell.masthead} ${styles.masthead}`} data-idle={isIdle}>
        <span className={shell.brand}>Crux</span>
        <SiteNav />
        <DraftForm
          isIdle={isIdle}
          isWriting={isWriting}
          canBreak={isScripted}
          topic={topic}
          problem={problem}
          onWrite={(given, breaks) => void write({ topic: given, kinds: ['email', 'list'], breaks })}
          onStop={stop}
        />
      </header>
      {!isIdle && (
        <main className={styles.desk}>
          {(email || writing.includes('email')) && <EmailDraft state={email} onWriteAgain={again('email')} />}
          {(list || writing.includes('list')) && <ListDraft state={list} onWriteAgain={again('list')} />}
        </main>
      )}
      <DraftAnnouncer email={email} list={list} writing={writing} />
    </>
  )
}

const offeredTopic = 'A weekend in Vienna by night train'
