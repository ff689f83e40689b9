import type { UIMessage } from 'ai'
import type { Release } from './releases.ts'

/** How a chat of one response went. */
export interface ChatEnd {
  readonly status: string
  readonly error: string | undefined
  readonly messages: UIMessage[]
  /** What `onData` got, in order. */
  readonly data: unknown[]
}

/** Sends one message to a chat without a screen; the answer is this response. */
export async function chatOver(
  { ai }: Release,
  answer: () => Response,
  { messages = [], isRetry = false }: { readonly messages?: UIMessage[]; readonly isRetry?: boolean } = {},
): Promise<ChatEnd> {
  const data: unknown[] = []
  const state = {
    status: 'ready' as const,
    error: undefined as Error | undefined,
    messages: structuredClone(messages),
    pushMessage(message: UIMessage) {
      state.messages = [...state.messages, structuredClone(message)]
    },
    popMessage() {
      state.messages = state.messages.slice(0, -1)
    },
    replaceMessage(index: number, message: UIMessage) {
      state.messages = state.messages.with(index, structuredClone(message))
    },
    snapshot: <T>(value: T): T => structuredClone(value),
  }
  class Chat extends ai.AbstractChat<UIMessage> {}
  const chat = new Chat({
    id: 'chat',
    generateId: (() => {
      let count = 0
      return () => `id-${++count}`
    })(),
    state,
    transport: new ai.DefaultChatTransport({ api: 'https://chat.test/', fetch: async () => answer() }),
    onData: (part) => void data.push(structuredClone(part)),
    onError: () => {},
  })
  await (isRetry ? chat.sendMessage() : chat.sendMessage({ text: 'Hello' }))
  return { status: chat.status, error: chat.error?.message, messages: chat.messages, data }
}
