'use client'

import shell from '../workspace.module.css'
import { SiteNav } from '../site-nav.tsx'
import { DraftDesk } from './draft-desk.tsx'
import { useKeptDrafts } from './kept-drafts.ts'

/** What stands around the drafts, also before it is known which ones this browser has kept. */
export function DraftsScreen({ isScripted }: { readonly isScripted: boolean }) {
  const kept = useKeptDrafts()
  return (
    <div className={shell.page}>
      {kept ? (
        <DraftDesk kept={kept} isScripted={isScripted} />
      ) : (
        <header className={shell.masthead} data-idle>
          <span className={shell.brand}>Crux</span>
          <SiteNav />
        </header>
      )}
    </div>
  )
}
