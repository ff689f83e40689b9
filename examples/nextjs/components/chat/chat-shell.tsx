import type { ReactNode } from 'react'
import { SiteNav } from '../site-nav.tsx'
import styles from './chat.module.css'

/** What stands around a chat, also before its history is known. */
export function ChatShell({ children }: { readonly children: ReactNode }) {
  return (
    <div className={styles.page}>
      <header className={styles.masthead}>
        <span className={styles.brand}>Crux</span>
        <SiteNav />
      </header>
      {children}
    </div>
  )
}
