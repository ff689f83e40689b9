import { useState } from 'react'
import { TopicForm } from './topic-form.tsx'

interface StartFormProps {
  /** Nothing has run yet: the form is all there is to see. */
  readonly isIdle: boolean
  readonly onStart: () => void
}

/** Takes a topic and sets the agent to work on it. */
export function StartForm({ isIdle, onStart }: StartFormProps) {
  const [isStarting, setIsStarting] = useState(false)
  const [problem, setProblem] = useState<string>()

  async function start(form: FormData) {
    if (isStarting) return
    setIsStarting(true)
    setProblem(await post('/api/runs', { topic: form.get('topic') }))
    setIsStarting(false)
    onStart()
  }

  return (
    <TopicForm
      isIdle={isIdle}
      question="What should the agent look into?"
      lead="It writes a plan, splits it into tasks and puts three workers on them. Watch it here. Then reload the page, open a second tab, pull the plug: the picture stays right."
      topic="The return of night trains"
      // Not disabled while it starts, or the keyboard focus would be lost.
      button={<button aria-disabled={isStarting}>{isStarting ? 'Starting…' : 'Start'}</button>}
      problem={problem}
      onSubmit={(form) => void start(form)}
    />
  )
}

/** What went wrong, in words for people, or `undefined`. */
async function post(url: string, body: unknown): Promise<string | undefined> {
  try {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    if (response.ok) return undefined
    const answer: { error?: string } = await response.json()
    return answer.error ?? 'The server refused.'
  } catch {
    return 'The server cannot be reached. Try again in a moment.'
  }
}
