import { useChat, type UIMessage } from '@ai-sdk/react'
import { DefaultChatTransport } from 'ai'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Composer } from './composer.tsx'
import styles from './chat.module.css'
import { Message } from './message.tsx'
import { useKeepHistory } from './use-history.ts'

interface ChatProps {
  readonly api: string
  /** Where this browser keeps the messages. */
  readonly name: string
  readonly history: UIMessage[]
  readonly title: string
  readonly lead: string
  readonly offered: string
  readonly onData?: (part: unknown) => void
  /** The plan in an answer. `isOver`: nobody writes the answer any more. */
  readonly renderPlan: (answer: UIMessage, isOver: boolean) => ReactNode
}

const announcements = {
  ready: '',
  submitted: 'The agent is at work.',
  streaming: 'The agent is at work.',
  error: '',
}

/** A chat as any app has it, with a plan in each answer. */
export function Chat({ api, name, history, title, lead, offered, onData, renderPlan }: ChatProps) {
  const [transport] = useState(() => new DefaultChatTransport({ api }))
  const { messages, status, error, sendMessage, regenerate, stop } = useChat({
    transport,
    messages: history,
    throttle: 50,
    ...(onData && { onData }),
  })
  useKeepHistory(name, messages)
  const isBusy = status === 'submitted' || status === 'streaming'
  const end = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // Not returned: in new browsers it is a promise, and React would take it for a clean-up.
    end.current?.scrollIntoView({ block: 'end' })
  }, [messages.length])

  return (
    <>
      <main className={styles.messages}>
        {messages.length === 0 && (
          <div className={styles.intro}>
            <h1 className={styles.title}>{title}</h1>
            <p className={styles.lead}>{lead}</p>
          </div>
        )}
        {messages.map((message, index) => {
          const isOver = !isBusy || index < messages.length - 1
          return <Message key={message.id} message={message} plan={renderPlan(message, isOver)} />
        })}
        {status === 'submitted' && <p className={styles.waiting}>Thinking…</p>}
        {error && (
          <p className={styles.error} role="alert">
            <span>The answer broke off. What came of it is kept.</span>
            <button onClick={() => void regenerate()}>Ask again</button>
          </p>
        )}
        <p className="visually-hidden" role="status">
          {status === 'ready' && messages.length > history.length
            ? 'The answer is over.'
            : announcements[status]}
        </p>
        <div ref={end} />
      </main>
      <Composer
        offered={messages.length === 0 ? offered : ''}
        isBusy={isBusy}
        onSend={(text) => void sendMessage({ text })}
        onStop={() => void stop()}
      />
    </>
  )
}
