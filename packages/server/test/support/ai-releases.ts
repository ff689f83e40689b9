import type { Chunk } from '../ui-stream/chunks.ts'

/** A message of any release. */
export interface ChatMessage {
  readonly id: string
  readonly role: string
  readonly parts: readonly {
    readonly type: string
    readonly id?: string
    readonly [field: string]: unknown
  }[]
}

/** A chat without a page. */
export interface Chat {
  readonly messages: ChatMessage[]
  readonly status: 'submitted' | 'streaming' | 'ready' | 'error'
  readonly error: Error | undefined
  readonly sendMessage: (message: { text: string }) => Promise<void>
  readonly stop: () => Promise<void>
}

interface ChatInit {
  readonly id?: string
  readonly state: object
  readonly transport: object
  readonly messages?: readonly ChatMessage[]
  readonly onData?: (part: unknown) => void
  readonly onError?: (error: Error) => void
}

type Fetch = (url: unknown, request?: RequestInit) => Promise<Response>

interface WriterLike {
  readonly write: (chunk: never) => void
  readonly merge: (stream: ReadableStream<never>) => void
}

/** What of the AI SDK the tests use, as far as its releases agree on it. */
export interface AiSdk {
  readonly AbstractChat: new (init: ChatInit) => Chat
  readonly DefaultChatTransport: new (options: { api?: string; fetch?: Fetch }) => object
  readonly createUIMessageStream: (options: {
    execute: (options: { writer: WriterLike }) => void | Promise<void>
    originalMessages?: readonly ChatMessage[]
    onFinish?: (end: { responseMessage: ChatMessage; messages: ChatMessage[] }) => void
    onError?: (error: unknown) => string
  }) => ReadableStream<Chunk>
  readonly createUIMessageStreamResponse: (options: { stream: ReadableStream<unknown> }) => Response
  readonly convertToModelMessages: (
    messages: readonly ChatMessage[],
  ) => { role: string; content: unknown }[] | Promise<{ role: string; content: unknown }[]>
}

const modules = {
  '5.0.0': () => import('ai-v5-first'),
  '5.0.216': () => import('ai-v5-strict'),
  '5.0.277': () => import('ai-v5'),
  '6.0.0': () => import('ai-v6-first'),
  '6.0.230': () => import('ai-v6-strict'),
  '6.0.326': () => import('ai-v6'),
  '7.0.0': () => import('ai-v7-first'),
  '7.0.31': () => import('ai-v7-strict'),
  '7.0.173': () => import('ai'),
}

/** First, last strict and newest release of each major (SDK-1). */
export const releases = Object.keys(modules) as (keyof typeof modules)[]

/** Loads a release. */
export async function loadSdk(release: keyof typeof modules): Promise<AiSdk> {
  return (await modules[release]()) as unknown as AiSdk
}

/** A headless chat over `DefaultChatTransport`, whose requests go to `route`. */
export function openChat(
  { AbstractChat, DefaultChatTransport }: AiSdk,
  route: string | ((request: Request) => Response | Promise<Response>),
  { messages = [], ...init }: Partial<ChatInit> = {},
): Chat {
  const state = {
    status: 'ready',
    error: undefined,
    messages: [...messages],
    pushMessage: (message: ChatMessage) => void (state.messages = [...state.messages, message]),
    popMessage: () => void (state.messages = state.messages.slice(0, -1)),
    replaceMessage: (index: number, message: ChatMessage) =>
      void (state.messages = state.messages.with(index, structuredClone(message))),
    snapshot: <T>(thing: T): T => structuredClone(thing),
  }
  class HeadlessChat extends AbstractChat {}
  const transport =
    typeof route === 'string'
      ? { api: route }
      : {
          fetch: async (_url: unknown, request?: RequestInit): Promise<Response> =>
            route(new Request('http://test.invalid/api/chat', request)),
        }
  return new HeadlessChat({
    ...init,
    state,
    transport: new DefaultChatTransport(transport),
  })
}
