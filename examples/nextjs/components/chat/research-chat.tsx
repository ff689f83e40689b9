'use client'

import type { UIMessage } from '@ai-sdk/react'
import { createStreamTransport, CruxProvider } from '@crux/react'
import { useState } from 'react'
import { Chat } from './chat.tsx'
import { ChatPlan } from './chat-plan.tsx'
import { ChatShell } from './chat-shell.tsx'
import { useHistory } from './use-history.ts'

const name = 'crux-chat'

/** A chat whose answers carry their plans: no connection beside the answer's own. */
export function ResearchChat() {
  const history = useHistory(name)
  return <ChatShell>{history && <Conversation history={history} />}</ChatShell>
}

function Conversation({ history }: { readonly history: UIMessage[] }) {
  const [transport] = useState(() => {
    const made = createStreamTransport()
    made.hydrate(history)
    return made
  })
  return (
    <CruxProvider transport={transport}>
      <Chat
        api="/api/chat"
        name={name}
        history={history}
        title="Ask, and watch the answer being made"
        lead="The agent calls a tool that works for half a minute. Its plan and its tasks ride in the answer itself, and stay in the message: reload the page and they are still there."
        offered="The return of night trains"
        onData={transport.ingest}
        renderPlan={(answer, isOver) => {
          const planId = planIdIn(answer)
          return planId !== undefined && <ChatPlan planId={planId} isOver={isOver} />
        }}
      />
    </CruxProvider>
  )
}

/** Which plan an answer carries. */
function planIdIn({ parts }: UIMessage): string | undefined {
  for (const part of parts) {
    if (part.type !== 'data-crux') continue
    const { data } = part
    if (isKeyed(data) && data.entity === 'plan') return data.key
  }
  return undefined
}

function isKeyed(data: unknown): data is { entity: string; key: string } {
  return typeof data === 'object' && data !== null && 'entity' in data && 'key' in data
}
