import { useEffect, useRef, useState } from 'react'
import { describeDrafts, type DraftsSnapshot } from './describe-drafts.ts'

/** The live region of the drafts: says what begins and what ends, and keeps quiet on every word between. */
export function DraftAnnouncer({ email, list, writing }: DraftsSnapshot) {
  const before = useRef<DraftsSnapshot>(undefined)
  const [message, setMessage] = useState('')

  useEffect(() => {
    const after = { email, list, writing }
    // What is there when the page opens is for reading, not for announcing.
    const news = before.current && describeDrafts(before.current, after)
    before.current = after
    if (news) setMessage(news)
  }, [email, list, writing])

  return (
    <p className="visually-hidden" role="status">
      {message}
    </p>
  )
}
