'use client'

import Link from 'next/link'
import { usePathname } from 'next/navigation'
import styles from './site-nav.module.css'

const screens = [
  { href: '/', name: 'Live store' },
  { href: '/chat', name: 'Chat' },
  { href: '/drop-in', name: 'Drop-in' },
  { href: '/drafts', name: 'Drafts' },
]

/** The screens: one for each way in, and one for objects that grow. */
export function SiteNav() {
  const path = usePathname()
  return (
    <nav className={styles.nav} aria-label="Screens">
      {screens.map(({ href, name }) => (
        <Link key={href} href={href} aria-current={path === href ? 'page' : undefined}>
          {name}
        </Link>
      ))}
    </nav>
  )
}
