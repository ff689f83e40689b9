import type { Plan } from '@crux/core'
import { useCruxConnection, useTasks } from '@crux/react'
import { useEffect, useRef, useState } from 'react'
import { describeChanges, type RunSnapshot } from './describe-changes.ts'
import { useNewestList } from './use-newest-list.ts'

/** The page's one live region. It says what changed its status, politely and in one go, and keeps quiet on progress. */
export function Announcer({ plan }: { readonly plan: Plan | undefined }) {
  const list = useNewestList(plan?.id)
  const tasks = useTasks(list?.id)
  const { status } = useCruxConnection()
  const before = useRef<RunSnapshot>(undefined)
  const [message, setMessage] = useState('')

  useEffect(() => {
    const after = { connection: status, plan, list, tasks: tasks ?? [] }
    // What is there when the page opens is for reading, not for announcing.
    const news = before.current && describeChanges(before.current, after)
    before.current = after
    if (news) setMessage(news)
  }, [status, plan, list, tasks])

  return (
    <p className="visually-hidden" role="status">
      {message}
    </p>
  )
}
